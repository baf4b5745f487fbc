import { AppError, messageOf } from '../../core/errors.ts'
import { DeliveryError } from './delivery-error.ts'
import { defineHandler, InvalidOptions } from './handler.ts'
import { option, optional } from './options.ts'
import { isAbsolute } from 'node:path'
import { t } from '../../graph/spec.ts'

const MODE = 0o600

export default defineHandler({
  kind: 'log',
  title: 'log alert handler',
  goType: '*alert.LogHandlerConfig',
  script: {
    hostType: 'LogHandler',
    summary: 'Appends the event as a line of JSON to a file.',
    args: { path: t.string('Absolute path of the file.') },
    properties: {
      filePath: t.string('Absolute path of the file, instead of the argument.'),
      mode: t.int('Permissions of a file that is made.')
    }
  },
  options: { path: option.string, mode: optional(option.int, MODE) },
  fromScript: ({ filePath }) => (filePath === undefined ? {} : { path: filePath }),
  checkAllowed({ path, mode }, { logFiles }) {
    if (refuse(path, mode) === undefined) logFiles.check(path)
  },
  open({ path, mode }, { logFiles }) {
    const error = refuse(path, mode)
    if (error !== undefined) throw InvalidOptions(error)
    return {
      async send({ json }) {
        try {
          await logFiles.append(path, `${json}\n`, mode)
        } catch (error) {
          if (error instanceof AppError) throw error
          throw new DeliveryError('failed', `failed to open file for alert logging: ${messageOf(error)}`)
        }
      }
    }
  }
})

function refuse(path: string, mode: number): string | undefined {
  if ((mode & 0o200) === 0) return `invalid file mode ${permissions(mode)}, must be user writable`
  if (!isAbsolute(path)) return `log path must be absolute: ${path} is not absolute`
  return undefined
}

/** A file mode as Go prints it: `-r--r--r--`. */
function permissions(mode: number): string {
  return `-${[...'rwxrwxrwx'].map((letter, bit) => (((mode >> (8 - bit)) & 1) === 1 ? letter : '-')).join('')}`
}
