import { API_VERSION, VERSION } from '../../core/version.ts'
import type { Command } from '../command.ts'

export const version: Command = {
  name: 'version',
  usage: '',
  summary: 'Prints the version.',
  run(_args, { out }) {
    out(`Kapok ${VERSION} (API ${API_VERSION})\n`)
    return 0
  }
}
