import { isAbsolute } from 'node:path'
import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'log',
  kind: 'log',
  hostType: 'LogHandler',
  summary: 'Appends the event as a line of JSON to a file.',
  args: { path: t.string('Absolute path of the file.') },
  properties: { mode: t.int('Permissions of a file that is made.') },
  validate: ({ path, mode }) => refuse(String(path), mode === undefined ? 0o600 : Number(mode))
}

function refuse(path: string, mode: number): string | undefined {
  if (!isAbsolute(path)) return `log path must be absolute: ${path} is not absolute`
  if (mode !== 0 && (mode & 0o200) === 0) return `invalid file mode ${mode}, must be user writable`
  return undefined
}
