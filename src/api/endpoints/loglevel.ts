import { defineError } from '../../core/errors.ts'
import { findMember, isJsonObject, parseJson } from '../../core/json.ts'
import { type App, BASE } from '../app.ts'
import { textOf } from '../body.ts'
import { asks } from '../changes.ts'
import type { Services } from '../services.ts'

const InvalidLogLevel = defineError('LOG_LEVEL_INVALID', 400, () => 'invalid log level')
const InvalidLogLevelJson = defineError('LOG_LEVEL_JSON', 400, (reason: string) => `invalid json: ${reason}`)

/** Levels that Kapacitor takes: `warn` is none. */
const LEVELS = ['debug', 'info', 'error'] as const

export function logLevelEndpoints(app: App, { log }: Pick<Services, 'log'>): void {
  app.post(`${BASE}/loglevel`, asks('tasks', 'config'), (request, reply) => {
    const parsed = parseJson(textOf(request), 'stream')
    if (!parsed.ok) throw InvalidLogLevelJson(parsed.message)
    const text = isJsonObject(parsed.value) ? findMember(parsed.value, 'level') : undefined
    const level = LEVELS.find((one) => typeof text === 'string' && one === text.toLowerCase())
    if (level === undefined) throw InvalidLogLevel()
    log.level = level
    return reply.code(204).send()
  })
}
