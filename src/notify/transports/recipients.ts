import { AppError } from '../../core/errors.ts'
import type { ConfinedFiles } from '../confined-files.ts'

/** The lines of a file of recipients as it is now, empty ones left out; none where there is no such file. */
export function linesOf(file: string, files: ConfinedFiles, context: string): string[] {
  if (file === '') return []
  try {
    const lines = files.read(file, context).split('\n')
    return lines.map((line) => line.trim()).filter((line) => line !== '')
  } catch (error) {
    if (error instanceof AppError) return []
    throw error
  }
}
