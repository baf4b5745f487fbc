import { readFileSync } from 'node:fs'

/** Where the server is and as whom it is asked. */
export interface ServerAddress {
  /** Address of the server, which may hold a user and a password. */
  readonly url: string
  /** '' brings none. */
  readonly token: string
}

/** Flags of every command that asks a server. A token on the command line would be seen in the list of processes. */
export const addressOptions = { url: { type: 'string' }, 'token-file': { type: 'string' } } as const

export const ADDRESS_USAGE = '[--url URL] [--token-file FILE]'

/**
 * Address and token of the server, from the flags or the environment: `KAPOK_URL`, `KAPACITOR_URL`; `KAPOK_TOKEN`, or
 * kkok's `KKOK_TOKEN`.
 */
export function addressOf(
  flags: { readonly url?: string | undefined; readonly 'token-file'?: string | undefined },
  environment: Readonly<Record<string, string | undefined>>
): ServerAddress {
  const file = flags['token-file']
  return {
    url: flags.url ?? (environment.KAPOK_URL || environment.KAPACITOR_URL || 'http://localhost:9092'),
    token:
      file === undefined ? environment.KAPOK_TOKEN || environment.KKOK_TOKEN || '' : readFileSync(file, 'utf8').trim()
  }
}

/** Asks a server. @returns The JSON of its answer. Fails with what the server says of an error. */
export async function askServer(
  { url, token }: ServerAddress,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object
): Promise<unknown> {
  const target = new URL(path, url)
  const { username, password } = new URL(url)
  const shown = target.origin
  const basic = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
  const authorization = token !== '' ? `Bearer ${token}` : username !== '' ? basic : undefined
  target.username = ''
  target.password = ''
  const answer = await fetch(target, {
    method,
    headers: { Accept: 'application/json', ...(authorization !== undefined && { Authorization: authorization }) },
    ...(body !== undefined && { body: JSON.stringify(body) })
  }).catch((error: Error) => {
    throw new Error(`${shown}: ${error.cause instanceof Error ? error.cause.message : error.message}`, { cause: error })
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${shown}: ${answer.status} ${errorIn(text)}`)
  return text === '' ? undefined : JSON.parse(text)
}

function errorIn(text: string): string {
  try {
    return (JSON.parse(text) as { readonly error?: string }).error ?? text.trim()
  } catch {
    return text.trim()
  }
}
