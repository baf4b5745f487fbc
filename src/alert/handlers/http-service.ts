import type { HandlerDeps } from './handler.ts'
import { type HttpRequest, refusal } from './http-client.ts'
import { compactJson } from '../../model/json.ts'

interface ServiceRequest extends Omit<HttpRequest, 'body'> {
  /** As error messages call it. */
  readonly service: string
  /** Printed as JSON and a newline. */
  readonly body: object
  /** Statuses of success. */
  readonly accepts: readonly number[]
  /** The reason of a 404, where the service gives none. */
  readonly notFound?: string
  /** The reason that an answer gives; '' or undefined where it gives none. */
  readonly reasonOf?: (answer: Readonly<Record<string, unknown>>, status: number) => string | undefined
}

/** One POST of JSON to a service of the web. */
export async function postJson({ http }: HandlerDeps, request: ServiceRequest): Promise<void> {
  const { service, body, accepts, reasonOf, notFound, headers, ...rest } = request
  const answer = await http.post({
    ...rest,
    body: `${compactJson(body)}\n`,
    headers: { 'Content-Type': 'application/json', ...headers }
  })
  if (accepts.includes(answer.status)) return
  if (answer.status === 404 && notFound !== undefined) throw refusal(answer, notFound)
  const json = objectOf(answer.body)
  const reason = json === undefined ? undefined : reasonOf?.(json, answer.status)
  if (reason !== undefined && reason !== '') throw refusal(answer, reason)
  throw refusal(answer, `failed to understand ${service} response. code: ${answer.status} content: ${answer.body}`)
}

/** A `reasonOf` for services that put it into one member of their answer. */
export function memberOf(name: string): (answer: Readonly<Record<string, unknown>>) => string | undefined {
  return (answer) => (typeof answer[name] === 'string' ? answer[name] : undefined)
}

export function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Without slashes at the end. */
export function baseOf(url: string): string {
  return url.replace(/\/+$/, '')
}
