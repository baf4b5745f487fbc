import { join } from 'node:path'
import { readFolder } from '../../config/folder.ts'
import { type Kind, type NotifyFile, type NotifyReading, parseNotifyFile, unreadFile } from './parse.ts'

/** Folders below that of the configuration. */
const FOLDERS: readonly (readonly [kind: Kind, name: string])[] = [
  ['filter', 'filters'],
  ['route', 'routes']
]

/** All files of filters and routes, by name: the order in which filters run. Fails with CONFIG_FOLDER. */
export function readNotifyFiles(folder: string, reading: NotifyReading): NotifyFile[] {
  return FOLDERS.flatMap(([kind, name]) => {
    const files = readFolder(join(folder, name), ['.yaml', '.yml'])
    return [...files].map(([file, content]) => {
      const path = join(folder, name, file)
      return 'text' in content
        ? parseNotifyFile(kind, path, content.text, { folder, ...reading })
        : unreadFile(kind, path, content.error)
    })
  })
}
