import type { Command } from '../command.ts'
import { check } from './check.ts'
import { checkConfig } from './check-config.ts'
import { config } from './config.ts'
import { plan } from './plan.ts'
import { token } from './token.ts'
import { version } from './version.ts'

/** Commands in the order in which the help lists them. */
export const commands: readonly Command[] = [check, checkConfig, config, plan, token, version]
