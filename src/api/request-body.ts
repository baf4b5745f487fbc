import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../core/errors.ts'
import type { Intake } from '../ingest/intake.ts'
import { type BufferSource, readBody } from '../ingest/read-body.ts'
import { BodyTooLarge } from './problems.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Lets others in when the request has been answered. */
    releaseBody: (() => void) | undefined
  }
}

/** Buffers that nobody uses again: an endpoint may hold on to a part of one. */
const FRESH: BufferSource = {
  sizeFor: (minBytes) => minBytes,
  take: (minBytes) => new ArrayBuffer(minBytes),
  give: () => undefined
}

/**
 * Reads bodies as bytes, whatever their type: Kapacitor never looks at it. Each is counted from its first byte until
 * its request has been answered.
 */
export function addBodyReader(app: FastifyInstance, intake: Intake): void {
  app.decorateRequest('releaseBody', undefined)
  app.removeAllContentTypeParsers()
  // A failure comes as the body: Fastify cuts the connection where a parser fails, and the client its answer's reading.
  app.addContentTypeParser('*', (request: FastifyRequest) =>
    read(request, intake).catch((error: unknown) => {
      if (error instanceof AppError) return error
      throw error
    })
  )
  app.addHook('preValidation', ({ body }, _reply, done) => (body instanceof AppError ? done(body) : done()))
  app.addHook('onResponse', (request, _reply, done) => {
    request.releaseBody?.()
    done()
  })
}

async function read(request: FastifyRequest, intake: Intake): Promise<Buffer> {
  const { raw, routeOptions } = request
  const source = {
    stream: raw,
    sender: request.ip,
    isGzip: false,
    expectedBytes: Number(raw.headers['content-length'] ?? 0),
    limit: routeOptions.bodyLimit,
    tooLarge: BodyTooLarge
  }
  const { bytes, length, release } = await readBody(source, intake, FRESH)
  request.releaseBody = release
  return Buffer.from(bytes, 0, length)
}
