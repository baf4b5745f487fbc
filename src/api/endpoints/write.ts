import type { FastifyReply, FastifyRequest } from 'fastify'
import { DatabaseForbidden } from '../../auth/errors.ts'
import { AppError, defineError } from '../../core/errors.ts'
import type { Intake } from '../../ingest/intake.ts'
import { readBody } from '../../ingest/read-body.ts'
import type { IngestRouter } from '../../ingest/router.ts'
import { type App, BASE } from '../app.ts'
import { asks } from '../changes.ts'

/** Points in: Kapacitor's write path, and InfluxDB 2's for its clients. */
export interface WriteServices {
  readonly ingest: IngestRouter
  /** What bodies of writes may take. */
  readonly writeIntake: Intake
  readonly maxBodyBytes: number
}

const WriteTooLarge = defineError(
  'WRITE_TOO_LARGE',
  413,
  (limit: number) => `request entity too large: at most ${limit} bytes, send smaller batches`
)

/** No task can read it: a body without database is checked all the same, since its bad lines are told first. */
const NOWHERE = '\0'

interface Query {
  readonly db?: string
  readonly rp?: string
  readonly precision?: string
  readonly bucket?: string
}

export function writeEndpoints(app: App, { ingest, writeIntake, maxBodyBytes }: WriteServices): void {
  /** @returns The problems of the body, or undefined. */
  const take = async (
    { raw, ip, principal }: FastifyRequest,
    db: string,
    rp: string,
    precision?: string
  ): Promise<string | undefined> => {
    // Differs: whether the database may be written to is looked at before the body is read, not afterwards.
    if (db !== NOWHERE && principal?.mayWriteTo(db) !== true) throw DatabaseForbidden(principal?.name ?? '', db)
    const isGzip = raw.headers['content-encoding'] === 'gzip'
    const source = {
      ...{ stream: raw, sender: ip, isGzip, limit: maxBodyBytes, tooLarge: WriteTooLarge },
      expectedBytes: isGzip ? 0 : Number(raw.headers['content-length'] ?? 0)
    }
    const { bytes, length, release } = await readBody(source, writeIntake, ingest.buffers)
    try {
      return await ingest.write({ db, rp, precision, bytes, length, isCounted: db !== NOWHERE })
    } finally {
      release()
    }
  }

  const writeV1 = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { db = '', rp = '', precision } = request.query as Query
    try {
      const problems = await take(request, db === '' ? NOWHERE : db, rp, precision)
      if (problems !== undefined) return reply.code(400).send(`${problems}\n`)
      if (db === '') return reply.code(400).send('database is required\n')
      return reply.code(204).send()
    } catch (error) {
      const { status, message } = writeError(error, reply)
      return reply.code(status).send(`${message}\n`)
    }
  }

  const writeV2 = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { bucket = '', precision } = request.query as Query
    const slash = bucket.indexOf('/')
    const [db, rp] = slash < 0 ? [bucket, ''] : [bucket.slice(0, slash), bucket.slice(slash + 1)]
    const refuse = (status: number, code: string, message: string): FastifyReply =>
      reply.code(status).send({ code, message })
    if (db === '') return refuse(400, 'invalid', 'bucket is required, as DATABASE/RETENTION_POLICY')
    try {
      const problems = await take(request, db, rp, precision === 'us' ? 'u' : precision)
      return problems === undefined ? reply.code(204).send() : refuse(400, 'invalid', problems)
    } catch (error) {
      const { status, message } = writeError(error, reply)
      return refuse(status, V2_CODES[status] ?? 'internal error', message)
    }
  }

  // A scope of its own: here bodies stay streams.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _stream, parsed) => parsed(null))
    for (const path of [`${BASE}/write`, '/write']) scope.post(path, asks('write'), writeV1)
    scope.post('/api/v2/write', asks('write'), writeV2)
    done()
  })
}

const V2_CODES: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'unauthorized',
  408: 'request timeout',
  413: 'request too large',
  503: 'unavailable'
}

function writeError(error: unknown, reply: FastifyReply): AppError {
  if (!(error instanceof AppError)) throw error
  if (error.status === 503) reply.header('Retry-After', '1')
  if (error.status === 408) reply.header('Connection', 'close')
  return error
}
