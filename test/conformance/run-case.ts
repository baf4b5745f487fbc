import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture, type Capture } from './capture.ts'
import type { CaseTask, ConformanceCase, Request, Result, Step, WriteStep } from './case.ts'
import { ANY, ANY_TEXT, difference } from './difference.ts'
import { exchange, listen, type Answer, type Listener } from './exchange.ts'
import { arrange, at, hasValues, keepKeys, mark, pick, sortSeries } from './result.ts'

/** How long what is to come may take. */
const UNTIL_MS = 60_000
const PATIENCE_MS = 10_000 // a case
const PAUSE_MS = 50
const SETTLE_MS = 350
const SETTLE_MAX_MS = 15_000
const LISTEN_MS = 200

export interface RunOptions {
  readonly target: string
  readonly influx?: string
  /** Part of the names that the case gives. */
  readonly name?: string
  /** What makes the names of the case its own. */
  readonly nonce?: string
  /** Silence, in ms, after which nothing more is posted. */
  readonly settle?: number
  /** What is expected is waited for: a busy machine is late. Without it the result is a record, with its marks. */
  readonly expect?: Result
}

/** Runs a case against a server. @returns What it answered, as the case's `expect` has it. */
export async function runCase(content: ConformanceCase, options: RunOptions): Promise<Result> {
  const capture = await startCapture()
  const run = new CaseRun(content, options, capture)
  try {
    return await run.run()
  } finally {
    await run.cleanUp()
    capture.close()
  }
}

interface OpenAnswer {
  readonly request: Request
  readonly listener: Listener
}

class CaseRun {
  readonly #case: ConformanceCase
  readonly #options: RunOptions
  readonly #capture: Capture
  readonly #id: string
  readonly #database: string
  /** Values of earlier answers by name. */
  readonly #saved = new Map<string, string>()
  readonly #result: Record<string, unknown> = {}
  readonly #http: Record<string, unknown> = {}
  readonly #httpOut: Record<string, unknown> = {}
  readonly #writeErrors: unknown[] = []
  readonly #cleanups: (() => Promise<unknown>)[] = []
  #open: OpenAnswer[] = []
  #waits = PATIENCE_MS / PAUSE_MS

  constructor(content: ConformanceCase, options: RunOptions, capture: Capture) {
    const { name = 'case', nonce = Math.random().toString(36).slice(2, 8) } = options
    this.#case = content
    this.#options = options
    this.#capture = capture
    this.#id = `conf-${name}-${nonce}`
    this.#database = `conf_${nonce}`
  }

  async run(): Promise<Result> {
    for (const request of this.#case.cleanup ?? []) this.#cleanups.push(() => this.#send(request))
    this.#cleanups.reverse()
    for (const task of this.#case.tasks) {
      const define = await this.#define(task)
      if (define !== undefined) return this.#blank({ ...this.#result, define }) as Result
    }
    for (const step of this.#case.steps) await this.#step(step)
    this.#closeListeners()
    for (const endpoint of this.#case.httpOut ?? []) await this.#readHttpOut(endpoint)
    return this.#collect()
  }

  async cleanUp(): Promise<void> {
    for (const { listener } of this.#open) listener.close()
    for (const cleanUp of this.#cleanups.reverse()) await cleanUp().catch(() => undefined)
  }

  /** @returns How the definition was answered, where that is the result. */
  async #define({ id, type = 'stream', dbrps, vars, status = 'enabled', script }: CaseTask): Promise<unknown> {
    const taskId = id === undefined ? this.#id : this.#fill(id)
    const body = {
      ...{ id: taskId, type, dbrps: dbrps ? this.#fillJson(dbrps) : [{ db: this.#database, rp: 'autogen' }] },
      ...{ script: this.#fill(script), vars, status }
    }
    this.#cleanups.push(() => this.#call('DELETE', `/kapacitor/v1/tasks/${taskId}`))
    const answer = await this.#call('POST', '/kapacitor/v1/tasks', body)
    const error = at(answer.json, 'error')
    if (this.#case.expectDefineError) return { status: answer.status, error: error ?? null }
    if (answer.status >= 300) return { status: answer.status, error: error ?? answer.text }
    if (error) this.#result['taskError'] = error
    return undefined
  }

  async #step(step: Step): Promise<void> {
    if ('write' in step) await this.#write(step)
    else if ('sleep' in step) await sleep(step.sleep)
    else await this.#request(step.http)
  }

  async #write({ write, query = 'db=@DB@&rp=autogen', expectError = false, pause, settle }: WriteStep): Promise<void> {
    for (const body of bodiesOf(this.#fill(write))) {
      const answer = await this.#call('POST', `/kapacitor/v1/write?${this.#fill(query)}`, body)
      const { status, text, json } = answer
      if (expectError) this.#writeErrors.push({ status, error: at(json, 'error') ?? text })
      else if (status >= 300) throw new Error(`write answered ${status}: ${text.slice(0, 200)}`)
      if (pause !== undefined) await sleep(pause)
    }
    await this.#settle(settle ?? this.#options.settle ?? SETTLE_MS)
  }

  async #request(request: Request): Promise<void> {
    const { method = 'GET', path, base, as, listen: listens, until, ok, save = {}, settle } = request
    if (listens) {
      this.#open.push({ request, listener: listen(this.#base(base), this.#fill(path), request.headers) })
      await sleep(LISTEN_MS)
      return
    }
    let answer = await this.#send(request)
    if (until !== undefined) answer = await this.#pollUntil(request, until, answer)
    if (ok && answer.status >= 300) {
      throw new Error(`${method} ${this.#fill(path)} answered ${answer.status}: ${answer.text.slice(0, 200)}`)
    }
    for (const [name, key] of Object.entries(save)) this.#saved.set(name, String(at(answer.json, key)))
    if (as !== undefined) {
      this.#http[as] = this.#answerFrom(request, answer)
      if (method === 'GET') {
        await this.#patiently(async () => {
          if (this.#isExpected('http', as, this.#http[as])) return true
          this.#http[as] = this.#answerFrom(request, await this.#send(request))
          return false
        })
      }
    }
    if (settle !== undefined) await this.#settle(settle)
  }

  /** Asks until the JSON has, or no longer has, a value at a key. */
  async #pollUntil({ base, path }: Request, until: NonNullable<Request['until']>, first: Answer): Promise<Answer> {
    const deadline = Date.now() + UNTIL_MS
    const holds = ({ json }: Answer): boolean => {
      const found = JSON.stringify(at(json, until.key))
      return 'not' in until ? found !== JSON.stringify(until.not) : found === JSON.stringify(until.is)
    }
    let answer = first
    while (!holds(answer)) {
      if (Date.now() > deadline) {
        const last = `last answer ${answer.status} ${answer.text.slice(0, 200)}`
        throw new Error(`${path}: ${until.key} never became ${JSON.stringify(until)}; ${last}`)
      }
      await sleep(100)
      answer = await this.#send({ path, ...(base !== undefined && { base }) })
    }
    return answer
  }

  #answerFrom({ pick: picked }: Request, { status, json, text }: Answer): unknown {
    if (picked === undefined) return { status, body: json ?? text }
    return { status, body: pick(json, { ...picked, where: this.#fillJson(picked.where) }) }
  }

  #closeListeners(): void {
    for (const { request, listener } of this.#open) {
      const { status, body } = listener.close()
      const where = request.pick?.where ?? {}
      this.#http[request.as!] = { status, body: body.filter((value) => hasValues(value, where)) }
    }
    this.#open = []
  }

  async #readHttpOut(endpoint: string): Promise<void> {
    const read = async (): Promise<void> => {
      const { status, json } = await this.#call('GET', `/kapacitor/v1/tasks/${this.#id}/${endpoint}`)
      this.#httpOut[endpoint] = status >= 300 ? { status } : sortSeries(json)
    }
    await read()
    await this.#patiently(async () => {
      if (this.#isExpected('httpOut', endpoint, this.#httpOut[endpoint])) return true
      await read()
      return false
    })
  }

  async #collect(): Promise<Result> {
    const { keepOnly = {}, any = [], texts = [] } = this.#case
    const { posts } = this.#capture
    const { expect } = this.#options
    await this.#patiently(() => posts.length >= Object.values(expect?.['posts'] ?? {}).flat().length)
    const result: Record<string, unknown> = { ...this.#result }
    if (this.#writeErrors.length > 0) result['writeErrors'] = this.#writeErrors
    if (Object.keys(this.#http).length > 0) result['http'] = this.#http
    if (Object.keys(this.#httpOut).length > 0) result['httpOut'] = this.#httpOut
    const renamed = posts.map((post) => ({ ...post, path: post.path.replaceAll(this.#database, '@DB@') }))
    if (posts.length > 0) result['posts'] = arrange(renamed, this.#case)
    keepKeys(result, keepOnly)
    const blanked = this.#blank(result) as Result
    if (expect === undefined) {
      for (const path of any) mark(blanked, path, ANY)
      for (const path of texts) mark(blanked, path, ANY_TEXT)
    }
    return blanked
  }

  async #settle(silenceMs: number): Promise<void> {
    // A busy server answers when it has read what was written.
    if (this.#options.settle) await this.#call('GET', `/kapacitor/v1/tasks/${this.#id}`)
    const startMs = Date.now()
    await sleep(silenceMs)
    while (this.#capture.idleMs() < silenceMs && Date.now() - startMs < SETTLE_MAX_MS) await sleep(PAUSE_MS)
  }

  /** What is not yet as it is to be is waited for, and read again. */
  async #patiently(isRight: () => boolean | Promise<boolean>): Promise<void> {
    while (this.#options.expect !== undefined && !(await isRight()) && this.#waits-- > 0) await sleep(PAUSE_MS)
  }

  #isExpected(kind: 'http' | 'httpOut', name: string, got: unknown): boolean {
    const part = this.#blank({ [kind]: { [name]: got } }) as Record<typeof kind, Record<string, unknown>>
    keepKeys(part, this.#case.keepOnly ?? {})
    return difference(at(this.#options.expect?.[kind], name), part[kind][name]) === undefined
  }

  #send({ base, method = 'GET', path, body, headers }: Request): Promise<Answer> {
    const filled = typeof body === 'string' ? this.#fill(body) : body === undefined ? undefined : this.#fillJson(body)
    return exchange(this.#base(base), method, this.#fill(path), filled, headers)
  }

  #call(method: string, path: string, body?: unknown): Promise<Answer> {
    return exchange(this.#options.target, method, path, body)
  }

  #base(base: string | undefined): string {
    return base === undefined ? this.#options.target : this.#fill(base)
  }

  #fillJson<T>(value: T): T {
    return JSON.parse(this.#fill(JSON.stringify(value))) as T
  }

  /** Puts values in the place of marks. */
  #fill(text: string): string {
    const { address, url } = this.#capture
    return [...this.#saved]
      .reduce((filled, [name, value]) => filled.replaceAll(`@${name}@`, value), text)
      .replaceAll('@CAPTURE@', url)
      .replaceAll('@CAPTURE_ADDRESS@', address)
      .replaceAll('@DB@', this.#database)
      .replaceAll('@ID@', this.#id)
      .replaceAll('@INFLUX@', this.#options.influx ?? '')
  }

  /** Puts marks in the place of values. */
  #blank(value: unknown): unknown {
    const { address, url } = this.#capture
    const text = [...this.#saved]
      .reduce((blanked, [name, saved]) => blanked.replaceAll(saved, `@${name}@`), JSON.stringify(value))
      .replaceAll(url, '@CAPTURE@')
      .replaceAll(address, '@CAPTURE_ADDRESS@')
      .replaceAll(this.#database, '@DB@')
      .replaceAll(this.#id, '@ID@')
    return JSON.parse(text)
  }
}

/** Bodies of the requests that a text of line protocol is written by. */
export function bodiesOf(input: string): string[] {
  return input.split(/^#---.*\n/m).filter((body) => body.trim() !== '')
}
