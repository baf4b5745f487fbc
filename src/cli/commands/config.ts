import { parseArgs } from 'node:util'
import { exampleConfig } from '../../config/example.ts'
import { loadConfig } from '../../config/load.ts'
import { printConfig } from '../../config/print.ts'
import { type Command, withTwoDashes } from '../command.ts'
import { configFlagOptions, configFlagsOf } from '../server-flags.ts'

export const config: Command = {
  name: 'config',
  usage: '[--example] [--config FILE] [--bind HOST:PORT] [--data-dir DIR] [--hostname NAME] [--log-level LEVEL]',
  summary: 'Prints the configuration in effect, secrets masked; or a file that shows every key with its default.',
  run(args, { environment, out }) {
    const options = { ...configFlagOptions, example: { type: 'boolean', default: false } } as const
    const { values } = parseArgs({ args: withTwoDashes(args), options })
    if (values.example) {
      out(exampleConfig())
      return 0
    }
    const loaded = loadConfig({ file: values.config, environment, flags: configFlagsOf(values) })
    out(printConfig(loaded.config, loaded.origins))
    return 0
  }
}
