import discard from './discard.ts'
import edit from './edit.ts'
import exec from './exec.ts'
import type { FilterKind } from './filter.ts'
import freq from './freq.ts'
import group from './group.ts'
import route from './route.ts'

/** Every type of filter. To add one: a file and a line here. */
export const filterKinds: readonly FilterKind[] = [discard, edit, exec, freq, group, route]
