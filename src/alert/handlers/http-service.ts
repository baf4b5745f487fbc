import { posix } from 'node:path'
import type { HandlerDeps } from './handler.ts'
import { answerError, type HttpRequest } from './http-client.ts'
import { unescaped } from '../../core/mask.ts'
import { compactJson } from '../../model/json.ts'

interface ServiceRequest extends Omit<HttpRequest, 'body'> {
  /** Name of the service in error messages. */
  readonly service: string
  /** Printed as JSON and a newline. */
  readonly body: object
  /** Statuses of success. */
  readonly accepts: readonly number[]
  /** The reason of a 404, where the service gives none. */
  readonly notFound?: string
  /** The member of an answer that says why it is no success. */
  readonly reason: string
  /** What is said of an answer that is no success. Default: the reason alone. */
  readonly explain?: (reason: string, answer: Readonly<Record<string, unknown>>) => string
}

/** One POST of JSON to a service of the web. */
export async function postJson({ http }: HandlerDeps, request: ServiceRequest): Promise<void> {
  const { service, body, accepts, reason: member, explain, notFound, headers, ...rest } = request
  const answer = await http.post({
    ...rest,
    body: `${compactJson(body)}\n`,
    headers: { 'Content-Type': 'application/json', ...headers }
  })
  if (accepts.includes(answer.status)) return
  if (answer.status === 404 && notFound !== undefined) throw answerError(answer, notFound)
  const json = objectOf(answer.body) ?? {}
  const given = json[member]
  const reason = typeof given === 'string' && given !== '' ? given : unclear(service, answer.status, answer.body)
  throw answerError(answer, explain?.(reason, json) ?? reason)
}

/** What is said of an answer that gives no reason. */
export function unclear(service: string, status: number, content: string): string {
  return `failed to understand ${service} response. code: ${status} content: ${content}`
}

export function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * The address of a resource below that of a service, whose query it keeps. Segments may have slashes; empty ones are
 * left out.
 */
export function addressBelow(url: string, ...segments: readonly string[]): string {
  if (!URL.canParse(url)) return url
  const address = new URL(url)
  const path = posix.join('/', unescaped(address.pathname), ...segments)
  address.pathname = encodeURI(path).replace(
    /[?#!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
  )
  return address.href
}

/** Whether secrets for one address may go to another. */
export function isSameOrigin(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin
}
