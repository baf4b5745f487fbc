import type { InputKind } from './input.ts'
import { udp } from './udp.ts'

/** Every kind of input that there is. */
export const inputKinds: readonly InputKind<never>[] = [udp]
