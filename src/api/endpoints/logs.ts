import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { defineError } from '../../core/errors.ts'
import { LOG_LEVELS } from '../../core/log-level.ts'
import type { App } from '../app.ts'
import { needs } from '../needs.ts'
import { queryOf } from '../query.ts'
import type { Services } from '../services.ts'

/** The log as it is written, for as long as the client listens. */
const LogFilterTwice = defineError('LOG_FILTER_TWICE', 400, () => 'query params cannot contain duplicate params')

type LogLine = Readonly<Record<string, unknown>>

/** Bytes that may wait for a slow client; past it lines are left out for it. */
const BACKLOG_MAX_BYTES = 1_000_000

export function logEndpoints(app: App, { log }: Pick<Services, 'log'>): void {
  const sessions = new Set<ServerResponse>()
  // Sessions would never end by themselves.
  app.addHook('preClose', (done) => {
    for (const session of sessions) session.end()
    done()
  })

  app.get('/kapacitor/v1preview/logs', needs('read'), (request, reply) => {
    const query = queryOf(request)
    const names = [...query.keys()]
    if (new Set(names).size < names.length) throw LogFilterTwice()
    const isWanted = filterOf(query)
    const isJson = request.headers.accept === 'application/json'
    const print = isJson ? JSON.stringify : logfmt

    reply.hijack()
    const { raw } = reply
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
    const type = isJson ? 'application/json' : 'application/logfmt'
    raw.setHeader('Content-Type', type)
    // Differs: the client learns at once that it is heard; Kapacitor sends the headers with the first line.
    raw.flushHeaders()
    const end = log.listen((text) => {
      if (raw.writableLength > BACKLOG_MAX_BYTES) return
      const line = inOrder(JSON.parse(text) as LogLine)
      if (isWanted(line)) raw.write(`${print(line)}\n`)
    })
    const session = { service: 'sessions', id: randomUUID(), 'content-type': type, ...tagsOf(query) }
    sessions.add(raw)
    raw.on('close', () => {
      sessions.delete(raw)
      end()
      log.info('deleted log session', session)
    })
    log.info('created log session', session)
  })
}

/** The conditions of a session as the log tells them; as in Kapacitor, where there are none a text says so. */
function tagsOf(query: URLSearchParams): LogLine {
  const conditions = [...query].filter(([name, value]) => name !== 'lvl' || !isLeast(value))
  if (conditions.length === 0) return { tags: 'nil' }
  return Object.fromEntries(conditions.map(([name, value], index) => [`tags_${index}`, `${name}=${value}`]))
}

/** All conditions have to hold; `lvl=info+` means that level or a worse one. */
function filterOf(query: URLSearchParams): (line: LogLine) => boolean {
  const conditions = [...query].map(([name, value]): ((line: LogLine) => boolean) => {
    if (name !== 'lvl' || !isLeast(value)) return (line) => String(line[name]) === value
    const least = severityOf(value.slice(0, -1))
    return (line) => severityOf(line.lvl) >= least
  })
  return (line) => conditions.every((holds) => holds(line))
}

/** Whether a level ends in a plus sign, which may come as a blank where it was not escaped. */
function isLeast(level: string): boolean {
  return /[+ ]$/.test(level)
}

function severityOf(level: unknown): number {
  return LOG_LEVELS.findIndex((one) => one === level)
}

function inOrder({ ts, lvl, msg, ...fields }: LogLine): LogLine {
  return { ts, lvl, msg, ...fields }
}

function logfmt(line: LogLine): string {
  return Object.entries(line).flatMap(logfmtPairs).join(' ')
}

/** Members of an object stand for themselves, under its name and theirs: `tag_host=a`. */
function logfmtPairs([name, value]: [string, unknown]): string[] {
  if (typeof value !== 'object' || value === null) return [`${name}=${logfmtValue(value)}`]
  return Object.entries(value).flatMap(([member, inner]) => logfmtPairs([`${name}_${member}`, inner]))
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}
