import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { defineError } from '../../core/errors.ts'
import type { Intake } from '../../ingest/intake.ts'
import { storeBody } from '../../ingest/store-body.ts'
import { EXPORT_FORMATS, type ExportFormat } from '../../recordings/transfer/export.ts'
import { type App, JSON_TYPE, KAPOK_BASE } from '../app.ts'
import { asks, changes } from '../changes.ts'
import { GoBody } from '../go-body.ts'
import { needs } from '../needs.ts'
import { queryOf } from '../query.ts'
import type { RecordingService } from '../../recordings/service.ts'
import { recordingProgress, recordingResource } from './recordings.ts'
import { expensive } from '../rate-limit.ts'

/** What Kapok does with recordings beyond Kapacitor: progress, export, import, SQL. */
const PATH = `${KAPOK_BASE}/recordings`

const FormatUnknown = defineError(
  'FORMAT_UNKNOWN',
  400,
  (format: string) => `unknown format ${JSON.stringify(format)}: ${EXPORT_FORMATS.join(', ')}`
)
const SqlMissing = defineError('SQL_MISSING', 400, () => 'must provide query')
const SqlLimitInvalid = defineError('SQL_LIMIT_INVALID', 400, (max: number) => `limit must be from 1 to ${max}`)

const ImportTooLarge = defineError(
  'IMPORT_TOO_LARGE',
  413,
  (limit: number) => `a file to be imported may have ${limit} bytes (recordings.max-import-bytes)`
)
const TooManyImports = defineError('TOO_MANY_IMPORTS', 503, () => 'too many files are being imported, try again later')

/** Files that come in at a time: each may be as long as `recordings.max-import-bytes` says. */
const MAX_IMPORTS = 8

export interface RecordingFileServices {
  readonly recordings: RecordingService
  readonly intake: Intake
  readonly importLimits: ImportLimits
}

/** Limits of a file that becomes a recording. */
export interface ImportLimits {
  readonly maxBytes: number
  /** How long it may take to come in. */
  readonly totalMs: number
}

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv; charset=utf-8',
  'line-protocol': 'text/plain; charset=utf-8'
}
const SUFFIXES: Readonly<Record<ExportFormat, string>> = { parquet: 'parquet', csv: 'csv', 'line-protocol': 'lp' }
const SQL_ROWS = 1000
const SQL_ROWS_MAX = 100_000
const SQL_TIMEOUT_MS = 30_000

export function recordingFileEndpoints(app: App, services: RecordingFileServices): void {
  const { recordings, intake, importLimits } = services
  let importing = 0
  app.get(`${PATH}/:id`, needs('read', 'tasks'), async (request) => {
    const record = recordings.get(idOf(request))
    const run = recordings.progressOf(record.id)
    const size = run === undefined ? record.size : await recordings.sizeOf(record.id)
    return { ...recordingResource(record), size, ...recordingProgress(record, run) }
  })

  app.get(`${PATH}/:id/export`, expensive(needs('read', 'tasks')), async (request, reply): Promise<FastifyReply> => {
    const id = idOf(request)
    const query = queryOf(request)
    const format = formatOf(query)
    const file = await recordings.export(id, format, query.get('measurement') ?? '')
    const { size } = await stat(file)
    const content = createReadStream(file).once('close', () => void rm(file, { force: true }))
    return reply
      .header('Content-Type', CONTENT_TYPES[format])
      .header('Content-Disposition', `attachment; filename="${encodeURIComponent(id)}.${SUFFIXES[format]}"`)
      .header('Content-Length', size)
      .send(content)
  })

  app.post(`${PATH}/:id/sql`, expensive(asks('read', 'tasks')), async (request, reply): Promise<FastifyReply> => {
    const body = new GoBody(request, 'SqlOptions')
    const statement = body.text('query')
    if (statement === '') throw SqlMissing()
    const rows = body.int('limit') ?? SQL_ROWS
    if (rows < 1 || rows > SQL_ROWS_MAX) throw SqlLimitInvalid(SQL_ROWS_MAX)
    const answer = await recordings.sql(idOf(request), statement, { rows, timeoutMs: SQL_TIMEOUT_MS })
    return reply.header('Content-Type', JSON_TYPE).send(answer)
  })

  // A scope of its own: here a body stays a stream, since it may be larger than memory.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _stream, parsed) => parsed(null))
    scope.post(
      `${PATH}/import`,
      expensive(changes('tasks', () => ({ kind: 'recording', id: '' }))),
      async (request, reply) => {
        const query = queryOf(request)
        const list = (name: string): string[] | undefined => query.get(name)?.split(',')
        const source = {
          format: formatOf(query),
          db: query.get('db') ?? '',
          rp: query.get('rp') ?? '',
          measurement: query.get('measurement') ?? '',
          precision: query.get('precision') ?? 'n',
          time: query.get('time') ?? 'time',
          tags: list('tags'),
          fields: list('fields')
        }
        const body = {
          stream: request.raw,
          sender: request.ip,
          expectedBytes: Number(request.headers['content-length'] ?? 0),
          limit: importLimits.maxBytes,
          tooLarge: ImportTooLarge
        }
        if (importing >= MAX_IMPORTS) throw TooManyImports()
        importing++
        const write = (file: string): Promise<void> => storeBody(body, intake, file, importLimits.totalMs)
        try {
          const record = await recordings.import(query.get('id') ?? '', source, write)
          return reply.code(201).send(recordingResource(record))
        } finally {
          importing--
        }
      }
    )
    done()
  })
}

function formatOf(query: URLSearchParams): ExportFormat {
  const text = query.get('format') ?? 'parquet'
  const format = EXPORT_FORMATS.find((one) => one === text)
  if (format === undefined) throw FormatUnknown(text)
  return format
}

function idOf(request: FastifyRequest): string {
  return (request.params as { readonly id: string }).id
}
