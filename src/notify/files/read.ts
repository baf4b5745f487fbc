import { join } from 'node:path'
import { readFolder } from '../../config/folder.ts'
import { type Kind, type NotifyFile, parseNotifyFile } from './parse.ts'
import type { NotifySchemas } from './schemas.ts'

/** Folders below that of the configuration. */
const FOLDERS: readonly (readonly [kind: Kind, name: string])[] = [
  ['filter', 'filters'],
  ['route', 'routes']
]

/** All files of filters and routes, by name: the order in which filters run. Fails with CONFIG_FOLDER. */
export function readNotifyFiles(folder: string, schemas: NotifySchemas): NotifyFile[] {
  return FOLDERS.flatMap(([kind, name]) => {
    const texts = readFolder(join(folder, name), ['.yaml', '.yml'])
    return [...texts].map(([file, text]) => parseNotifyFile(kind, join(folder, name, file), text, schemas))
  })
}
