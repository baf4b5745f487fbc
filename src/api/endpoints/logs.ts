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
  // They would never end by themselves.
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
    raw.setHeader('Content-Type', isJson ? 'application/json; charset=utf-8' : 'application/logfmt')
    const end = log.listen((text) => {
      if (raw.writableLength > BACKLOG_MAX_BYTES) return
      const line = inOrder(JSON.parse(text) as LogLine)
      if (isWanted(line)) raw.write(`${print(line)}\n`)
    })
    sessions.add(raw)
    raw.on('close', () => {
      sessions.delete(raw)
      end()
    })
    log.info('created log session', { service: 'sessions' })
  })
}

/** All conditions have to hold; `lvl=info+` means that level or a worse one. */
function filterOf(query: URLSearchParams): (line: LogLine) => boolean {
  const conditions = [...query].map(([name, value]): ((line: LogLine) => boolean) => {
    const text = value.replace(/ $/, '+') // A plus sign that was not escaped.
    if (name !== 'lvl' || !text.endsWith('+')) return (line) => String(line[name]) === value
    const least = severityOf(text.slice(0, -1))
    return (line) => severityOf(line.lvl) >= least
  })
  return (line) => conditions.every((holds) => holds(line))
}

function severityOf(level: unknown): number {
  return LOG_LEVELS.findIndex((one) => one === level)
}

function inOrder({ ts, lvl, msg, ...fields }: LogLine): LogLine {
  return { ts, lvl, msg, ...fields }
}

function logfmt(line: LogLine): string {
  return Object.entries(line)
    .map(([name, value]) => `${name}=${logfmtValue(value)}`)
    .join(' ')
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}
