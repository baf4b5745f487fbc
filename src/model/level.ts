import { defineError } from '../core/errors.ts'
import { type Level, LEVELS, type LevelName } from './event.ts'

export const UnknownLevel = defineError('UNKNOWN_ALERT_LEVEL', 400, (text: string) => `unknown alert level '${text}'`)

export function levelName(level: Level): LevelName {
  return LEVELS[level]
}

/** Reads a level in any case; a beginning of its name will do (`warn`, `C`). '' is OK. Fails with UNKNOWN_ALERT_LEVEL. */
export function parseLevel(text: string): Level {
  const level = LEVELS.findIndex((name) => name.startsWith(text.toUpperCase()))
  if (level < 0) throw UnknownLevel(text.toUpperCase())
  return level as Level
}
