import { LogFiles } from '../../src/alert/handlers/log-files.ts'
import { Commands } from '../../src/core/commands.ts'

/** Programs of any name, with the variables that they need to be found. */
export const ANY_COMMANDS = new Commands({ allowed: ['*'], environment: ['PATH'] })
/** What handlers may run and write, where nothing is forbidden. */
export const ANYTHING = { commands: ANY_COMMANDS, logFiles: new LogFiles(['/']) }
/** As on a server whose configuration allows nothing. */
export const NOTHING = {
  commands: new Commands({ allowed: [], environment: [] }),
  logFiles: new LogFiles([])
}
