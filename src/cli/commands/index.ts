import type { Command } from '../command.ts'
import { checkConfig } from './check-config.ts'
import { config } from './config.ts'
import { version } from './version.ts'

/** In the order in which the help lists them. */
export const commands: readonly Command[] = [checkConfig, config, version]
