import type { Clock } from '../../core/clock.ts'
import { DeliveryError } from './delivery-error.ts'
import { answerError, type HttpAnswer, type HttpPoster } from './http-client.ts'
import { objectOf } from './http-service.ts'

/** How a client gets tokens for OAUTHBEARER: by its credentials (RFC 6749, section 4.4). Plain data. */
export interface OauthSettings {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
  /** Puts the credentials into the body from the first request on, as Auth0 wants them. */
  readonly isInBody: boolean
  /** Time before the end of a token at which it is no longer used. */
  readonly marginMs: number
}

interface Token {
  readonly text: string
  /** Infinity: the service does not say when it ends. */
  readonly endMs: number
}

/** Tokens of one client at one token service, each used until shortly before its end. */
export class OauthTokens {
  readonly #settings: OauthSettings
  readonly #http: HttpPoster
  readonly #clock: Clock
  #token: Promise<Token> | undefined
  #isInBody: boolean

  constructor(settings: OauthSettings, http: HttpPoster, clock: Clock) {
    this.#settings = settings
    this.#http = http
    this.#clock = clock
    this.#isInBody = settings.isInBody
  }

  /** Rejects with a `DeliveryError` where the service gives none. */
  async get(): Promise<string> {
    // One after the other: a request is enough for all connections that wait for a token.
    const token = (this.#token = this.#renewed(this.#token))
    return (await token).text
  }

  async #renewed(last: Promise<Token> | undefined): Promise<Token> {
    const held = await last?.catch(() => undefined)
    const isFresh = held !== undefined && this.#clock.now().ms < held.endMs - this.#settings.marginMs
    return isFresh ? held : await this.#ask()
  }

  async #ask(): Promise<Token> {
    const { answer, isInBody } = await this.#exchange()
    if (answer.status < 200 || answer.status > 299) throw answerError(answer, reasonOf(answer))
    this.#isInBody = isInBody
    const { access_token: text, expires_in: seconds } = objectOf(answer.body) ?? {}
    if (typeof text !== 'string' || text === '') throw new DeliveryError('failed', reasonOf(answer))
    const lifeMs = Number(seconds) * 1000
    return { text, endMs: lifeMs > 0 ? this.#clock.now().ms + lifeMs : Infinity }
  }

  /** A service that does not take the credentials in the header may take them in the body. */
  async #exchange(): Promise<{ readonly answer: HttpAnswer; readonly isInBody: boolean }> {
    if (!this.#isInBody) {
      const answer = await this.#post(false)
      if (answer.status < 400 || answer.status >= 500) return { answer, isInBody: false }
    }
    return { answer: await this.#post(true), isInBody: true }
  }

  #post(isInBody: boolean): Promise<HttpAnswer> {
    const { url, clientId, clientSecret, scopes, parameters } = this.#settings
    const body = new URLSearchParams({
      ...parameters,
      grant_type: 'client_credentials',
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...(isInBody && { client_id: clientId, client_secret: clientSecret })
    })
    const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
    return this.#http.post({
      url,
      body: body.toString(),
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        ...(!isInBody && { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` })
      }
    })
  }
}

/** The words of the service, which names its errors as RFC 6749 has them. */
function reasonOf({ status, body }: HttpAnswer): string {
  const { error, error_description: description } = objectOf(body) ?? {}
  if (typeof error !== 'string') return `the token service gives no token: status ${status}`
  return `the token service refuses: ${error}${typeof description === 'string' ? `: ${description}` : ''}`
}
