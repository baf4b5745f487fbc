import { Agent, get, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

export interface Answer {
  readonly status: number
  readonly text: string
  /** Undefined where the text is no JSON. */
  readonly json: unknown
}

/** An answer that does not end. */
export interface Listener {
  /** Ends it. @returns What came, one JSON value a line. */
  close(): { readonly status: number; readonly body: readonly unknown[] }
}

type Headers = Readonly<Record<string, string>>

const agent = new Agent({ keepAlive: true, maxSockets: 16 })

/** One HTTP exchange. A text is sent as it is, another body as JSON. */
export function exchange(
  base: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Headers = {}
): Promise<Answer> {
  const { hostname, port, pathname, search } = new URL(path, base)
  const data = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const ofBody = data && {
    'Content-Length': String(data.length),
    'Content-Type': typeof body === 'string' ? 'text/plain' : 'application/json'
  }
  return new Promise((resolve, reject) => {
    const options = { hostname, port, method, path: pathname + search, agent, headers: { ...ofBody, ...headers } }
    const sent = request(options, (response) => {
      readText(response).then(
        (text) => resolve({ status: response.statusCode!, text, json: parseOr(text, undefined) }),
        reject
      )
    })
    sent.on('error', reject)
    sent.end(data)
  })
}

export function listen(base: string, path: string, headers: Headers = {}): Listener {
  const { hostname, port, pathname, search } = new URL(path, base)
  let status = 0
  let text = ''
  const ignoreCut = (): void => undefined
  const sent = get({ hostname, port, path: pathname + search, headers, agent: false }, (response) => {
    status = response.statusCode!
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    response.on('error', ignoreCut)
  })
  sent.on('error', ignoreCut)
  return {
    close() {
      sent.destroy()
      return {
        status,
        body: text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map(parseOrText)
      }
    }
  }
}

/** Body of a request or of an answer, unpacked. */
export async function readText(message: IncomingMessage): Promise<string> {
  const bytes = await buffer(message)
  return (isPacked(message.headers) ? gunzipSync(bytes) : bytes).toString()
}

/** @returns The value of a JSON text; the text itself where it is none. */
export function parseOrText(text: string): unknown {
  return parseOr(text, text)
}

function isPacked(headers: IncomingHttpHeaders): boolean {
  return headers['content-encoding'] === 'gzip'
}

function parseOr(text: string, otherwise: string | undefined): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}
