import { refuseSecrets } from './secret.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  /** What the text is as JSON; an empty object where it is none. */
  readonly body: Record<string, unknown>
}

/** `call('POST /tasks', TASK)` */
export type Call = (request: string, body?: unknown) => Promise<Answer>

/** Asks a server as its clients do. Paths are below the base, but for those of `/kapok`. */
export function clientOf(url: string, headers: Readonly<Record<string, string>> = {}, base = '/kapacitor/v1'): Call {
  return async (request, body) => {
    const [method, path] = request.split(' ') as [string, string]
    const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await fetch(`${url}${path.startsWith('/kapok/') ? '' : base}${path}`, {
      ...{ method, headers },
      ...(content !== undefined && { body: content })
    })
    const text = await answer.text()
    refuseSecrets(`the answer to ${request}`, `${JSON.stringify([...answer.headers])} ${text}`)
    return { status: answer.status, text, body: parse(text) }
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {} // It is no JSON.
  }
}
