import type { Tokens } from '../../auth/tokens.ts'
import type { Clock } from '../../core/clock.ts'
import { parseGoDuration } from '../../core/duration.ts'
import { defineError } from '../../core/errors.ts'
import { formatInstant, instantOfMillis } from '../../core/instant.ts'
import { compareBytes } from '../../model/bytes.ts'
import type { TokenRecord } from '../../store/tokens.ts'
import { type App, KAPOK_BASE } from '../app.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { GoBody } from '../go-body.ts'
import { expensive } from '../rate-limit.ts'
import { needs } from '../needs.ts'

/** Tokens for programs: what one may do is what its scopes say, until it expires or is revoked. */
const PATH = `${KAPOK_BASE}/tokens`

const ExpiryInvalid = defineError(
  'TOKEN_EXPIRY',
  400,
  (text: string) => `expires-in is not a duration such as 720h: ${JSON.stringify(text)}`
)

export interface TokenServices {
  readonly tokens: Tokens
  readonly clock: Clock
}

export function tokenEndpoints(app: App, { tokens, clock }: TokenServices): void {
  const changeOf = (id: string): ChangedThing => ({
    ...{ kind: 'token', id },
    read(known) {
      const { name, scopes, expiresMs } = tokens.get(known)
      return { name, scopes, expires: timeOf(expiresMs) }
    }
  })

  app.get(PATH, needs('admin'), () => ({
    tokens: [...tokens.all].sort((a, b) => compareBytes(a.name, b.name)).map(resource)
  }))

  app.post(PATH, expensive(changes('admin', () => changeOf(''))), async (request) => {
    const body = new GoBody(request, 'TokenOptions')
    const { record, token } = await tokens.create({
      name: body.text('name'),
      scopes: body.texts('scopes'),
      owner: request.principal?.name ?? '',
      expiresMs: expiryOf(body.text('expires-in'), clock)
    })
    return { ...resource(record), token }
  })

  app.get(`${PATH}/:id`, needs('admin'), (request) => resource(tokens.get(idOf(request))))

  app.delete(
    `${PATH}/:id`,
    changes('admin', (request) => changeOf(idOf(request))),
    async (request, reply) => {
      await tokens.revoke(idOf(request))
      return reply.code(204).send()
    }
  )
}

function resource({ id, name, scopes, owner, createdMs, expiresMs, lastUsedMs }: TokenRecord): object {
  return {
    link: { rel: 'self', href: `${PATH}/${id}` },
    ...{ id, name, scopes, owner },
    created: timeOf(createdMs),
    expires: timeOf(expiresMs),
    'last-used': timeOf(lastUsedMs)
  }
}

function timeOf(millis: number | undefined): string | null {
  return millis === undefined ? null : formatInstant(instantOfMillis(millis))
}

function expiryOf(text: string, clock: Clock): number | undefined {
  if (text === '') return undefined
  const nanos = parseGoDuration(text)
  if (nanos === undefined || nanos <= 0n) throw ExpiryInvalid(text)
  return clock.now().ms + Number(nanos / 1_000_000n)
}

function idOf({ params }: { readonly params: unknown }): string {
  return (params as { readonly id: string }).id
}
