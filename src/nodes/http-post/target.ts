import type { Instant } from '../../core/instant.ts'
import { messageOf } from '../../core/errors.ts'
import { type NodeContext, StartError } from '../../graph/node.ts'
import type { HttpEndpoint, HttpPort, HttpRequest } from '../../graph/ports.ts'
import { type Cell, resultJson, type Row } from '../../model/row.ts'
import { formatFloat } from '../../model/value.ts'
import { JSON_FUNCTIONS } from '../../template/functions.ts'
import { Time } from '../../template/time.ts'
import { duration } from '../../template/shared-time-methods.ts'
import { StringMap, StructType, StructValue, type Value } from '../../template/values.ts'
import { compileTemplateOrRefuse, type NodeTemplate } from '../template.ts'

export interface TargetOptions {
  readonly urls: readonly string[]
  readonly endpoint: readonly { readonly name: string }[]
  readonly header: readonly { readonly key: string; readonly value: string }[]
  readonly timeout: bigint
}

/** What is posted, with the times of its rows' values. */
export interface Posted {
  readonly row: Row
  readonly times: readonly Instant[]
}

const TEMPLATE_OPTIONS = { functions: JSON_FUNCTIONS }

type OnError = (reason: string) => void

/** Where rows are posted to: a URL, or a configured endpoint as it is at the time. */
export class PostTarget {
  readonly #options: TargetOptions
  readonly #http: HttpPort
  /** '' where the script gives a URL. */
  readonly #name: string
  #endpoint: HttpEndpoint | undefined
  /** The form of the body for a URL, or for the endpoint; a text says why there is none. */
  #form: PostForm | string

  /** @throws StartError */
  constructor(options: TargetOptions, { ports: { http } }: NodeContext) {
    this.#options = options
    this.#http = http
    this.#name = options.endpoint[0]?.name ?? ''
    this.#endpoint = this.#findEndpoint()
    if (this.#name !== '' && this.#endpoint === undefined) throw new StartError(missing(this.#name))
    this.#form = new PostForm(options, this.#endpoint)
  }

  /** undefined where it cannot be made of the row, after `onError` was told why. */
  request(posted: Posted, onError: OnError): HttpRequest | undefined {
    const endpoint = this.#findEndpoint()
    if (endpoint !== this.#endpoint) this.#setEndpoint(endpoint)
    if (typeof this.#form !== 'string') return this.#form.request(posted, onError)
    onError(this.#form)
    return undefined
  }

  #findEndpoint(): HttpEndpoint | undefined {
    return this.#name === '' ? undefined : this.#http.findEndpoint(this.#name)
  }

  #setEndpoint(endpoint: HttpEndpoint | undefined): void {
    this.#endpoint = endpoint
    try {
      this.#form = endpoint === undefined ? missing(this.#name) : new PostForm(this.#options, endpoint)
    } catch (error) {
      this.#form = messageOf(error)
    }
  }
}

function missing(endpoint: string): string {
  return `endpoint '${endpoint}' does not exist`
}

/** The form that rows are posted in. */
class PostForm {
  readonly #url: string | NodeTemplate
  readonly #body: NodeTemplate | undefined
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number

  /** @throws StartError */
  constructor({ urls, header, timeout }: TargetOptions, endpoint: HttpEndpoint | undefined) {
    this.#url = urlOf(endpoint?.url ?? urls[0] ?? '')
    const rowTemplate = endpoint?.rowTemplate ?? ''
    this.#body = rowTemplate === '' ? undefined : compileTemplateOrRefuse('body', rowTemplate, TEMPLATE_OPTIONS)
    this.#headers = headersOf(endpoint, this.#body === undefined, header)
    this.#timeoutMs = timeout > 0n ? Math.ceil(Number(timeout) / 1e6) : 0
  }

  /** undefined where a template fails on the row, after `onError` was told why. */
  request(posted: Posted, onError: OnError): HttpRequest | undefined {
    const data =
      typeof this.#url === 'string' && this.#body === undefined ? undefined : new StructValue(DATA, new Data(posted))
    const url = typeof this.#url === 'string' ? this.#url : this.#url.render(data, onError)
    if (url === undefined) return undefined
    const body = this.#body === undefined ? jsonBody(posted.row, onError) : this.#body.render(data, onError)
    return body === undefined ? undefined : { url, body, headers: this.#headers, timeoutMs: this.#timeoutMs }
  }
}

/** A number that JSON cannot write is a failure, as in Kapacitor: a receiver is not told null for it. */
function jsonBody(row: Row, onError: (reason: string) => void): string | undefined {
  for (const cells of row.values) {
    for (const { type, value } of cells) {
      if (type !== 'float' || Number.isFinite(value)) continue
      onError(`json: unsupported value: ${formatFloat(value as number)}`)
      return undefined
    }
  }
  return `${resultJson([row])}\n`
}

function urlOf(text: string): string | NodeTemplate {
  if (!text.includes('{{')) return text
  try {
    return compileTemplateOrRefuse('url', text, TEMPLATE_OPTIONS)
  } catch (error) {
    throw new StartError(`error in url templating: ${messageOf(error)}`)
  }
}

/** Later ones overwrite: the endpoint's own, the type of the body, those of the script. */
function headersOf(
  endpoint: HttpEndpoint | undefined,
  isJson: boolean,
  given: TargetOptions['header']
): Record<string, string> {
  const headers: Record<string, string> = {}
  const { username = '', password = '' } = endpoint?.basicAuth ?? {}
  if (username !== '' && password !== '') {
    headers['Authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }
  for (const [key, value] of Object.entries(endpoint?.headers ?? {})) headers[canonical(key)] = value
  if (isJson) headers['Content-Type'] = 'application/json'
  for (const { key, value } of given) headers[canonical(key)] = value
  return headers
}

/** `content-type` is `Content-Type`: names that differ in case are one header. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (match) => match.toUpperCase())
}

const DATA = new StructType('kapacitor.mappedRow', ['Name', 'Tags', 'Values'])

/** What templates see; its members are the names that they use. Each is made once for a row, when it is asked for. */
class Data {
  readonly Name: string
  readonly #posted: Posted
  #tags: StringMap | undefined
  #values: Value

  constructor(posted: Posted) {
    this.Name = posted.row.name
    this.#posted = posted
  }

  get Tags(): StringMap {
    return (this.#tags ??= new StringMap(this.#posted.row.tags.toObject()))
  }

  /** A map from column to value for each point. */
  get Values(): Value {
    return (this.#values ??= valuesOf(this.#posted))
  }
}

function valuesOf({ row, times }: Posted): Value {
  return row.values.map((cells, i) =>
    Object.fromEntries(
      cells.map((cell, column) => [row.columns[column]!, column === 0 ? new Time(times[i]!) : valueOf(cell)])
    )
  )
}

/** A value for a template, where a number is a float64 and a bigint an int64. */
function valueOf({ type, value }: Cell): Value {
  if (type === 'int') return BigInt(value as number | bigint)
  return type === 'duration' ? duration(value as bigint) : value
}
