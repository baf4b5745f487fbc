import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One request and its answer, as they were recorded from Kapacitor 1.8.3. */
export interface Exchange extends Asked {
  /** The note above it. */
  readonly note: string
  readonly status: number
  readonly answer: string
}

/** Those of a file: `> ` lines are the request, `< ` lines the answer; see the head of the files. */
export function readExchanges(name: string): readonly Exchange[] {
  const lines = readFileSync(`test/fixtures/auth/${name}.http.txt`, 'utf8').split('\n')
  const exchanges: Exchange[] = []
  let note = ''
  for (let i = 0; i < lines.length; i++) {
    if (lines[i]!.startsWith('# ')) note = lines[i]!.slice(2)
    if (!lines[i]!.startsWith('> ')) continue
    const taken = (mark: string): string[] => {
      const found: string[] = []
      while (lines[i]?.startsWith(mark)) found.push(lines[i++]!.slice(2))
      return found
    }
    const [asked, answered] = [partsOf(taken('>')), partsOf(taken('<'))]
    const [method = '', path = ''] = asked.first.split(' ')
    const headers = Object.fromEntries(asked.headers.map((line) => line.split(/: (.*)/s).slice(0, 2)))
    const status = Number(answered.first.split(' ')[0])
    exchanges.push({ note, method, path, headers, body: asked.body, status, answer: answered.body })
  }
  return exchanges
}

function partsOf([first = '', ...rest]: readonly string[]) {
  const at = rest.indexOf('')
  return at < 0
    ? { first, headers: rest, body: '' }
    : { first, headers: rest.slice(0, at), body: rest.slice(at + 1).join('\n') }
}

/** Asks it of a server. @returns Status and body. */
export async function ask(url: string, { method, path, headers, body }: Asked): Promise<[number, string]> {
  const { hostname, port } = new URL(url)
  return await new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      text(answer).then((content) => resolve([answer.statusCode ?? 0, content]), reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
