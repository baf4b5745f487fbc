import * as field from '../../core/fields.ts'
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { defineHandler, type HandlerDeps, InvalidOptions } from './handler.ts'
import { option } from './options.ts'
import { answerError } from './http-client.ts'
import { findEntry, type Section } from './services.ts'
import { alertTemplate, type EventTemplate } from './templates.ts'
import { t } from '../../graph/spec.ts'
import * as sections from './sections.ts'
import { serviceTest } from './service-test.ts'

export default defineHandler({
  kind: 'post',
  title: 'HTTPPostService.Handler',
  goType: '*httppost.HandlerConfig',
  script: {
    hostType: 'AlertHTTPPostHandler',
    summary: 'POSTs the event as JSON to a URL or to a configured endpoint.',
    args: { urls: t.rest(t.string('URL; only the first is used.')) },
    properties: {
      uRL: t.string('URL, instead of the argument.'),
      endpoint: t.string('Name of a configured httppost endpoint; wins over the URL.'),
      header: t.call('Sets a header of the request.', { key: t.string('Name.'), value: t.string('Value.') }).all(),
      captureResponse: t.flag('Logs the body of an answer that is no success.'),
      timeout: t.duration('Longest time that a request may take; 0: 30 s.'),
      // Differs: .skipSSLVerification() of a script counts; Kapacitor reads it and checks the certificate all the same.
      skipSSLVerification: t.flag("Accepts any certificate of the endpoint's.")
    },
    validate: ({ header }) =>
      (header as { key: string }[] | undefined)?.some(({ key }) => key.toUpperCase() === 'AUTHENTICATE') === true
        ? "invalid post: cannot set 'authenticate' header"
        : undefined
  },
  section: field.list(
    'Endpoints that .post() and |httpPost() choose by name.',
    {
      endpoint: field.text('Name by which scripts choose the endpoint.', 'example', { minLength: 1 }),
      url: field.target('Address that is posted to; a template.', 'http://example.com'),
      // Differs: the values of headers are masked, since they hold tokens as a rule; Kapacitor shows them.
      headers: field.secretMap('Headers of each request.'),
      'basic-auth': field.section('Login at the endpoint.', {
        username: field.text('User name at the endpoint.'),
        password: field.secret('Password at the endpoint.')
      }),
      'alert-template': field.text('Body of alerts.'),
      'alert-template-file': field.text('File that holds the body of alerts.'),
      'row-template': field.text('Body of rows.'),
      'row-template-file': field.text('File that holds the body of rows.')
    },
    { key: 'endpoint', initial: [{}], problemOf: problemOfEndpoint }
  ),
  sectionName: 'httppost',
  options: {
    url: option.url,
    endpoint: option.target,
    headers: option.headers,
    'capture-response': option.bool,
    timeout: option.duration,
    'skip-ssl-verification': option.bool
  },
  fromScript({ urls, uRL, header }) {
    const calls = (header ?? []) as readonly { readonly key: string; readonly value: string }[]
    return {
      url: uRL ?? (urls as readonly string[] | undefined)?.[0] ?? '',
      headers: Object.fromEntries(calls.map(({ key, value }) => [key, value]))
    }
  },
  open(options, deps) {
    let endpoints = deps.section('httppost')
    let target = targetOf(options.endpoint, options.url, deps)
    const captures = options['capture-response']
    return {
      async send(event) {
        const current = deps.section('httppost')
        if (current !== endpoints) target = targetOf(options.endpoint, options.url, deps)
        endpoints = current
        // What is given as option wins over the endpoint, and the type of the body over both.
        const headers = { ...target.headers, ...options.headers }
        const answer = await deps.http.post({
          url: target.url(event),
          body: target.body?.(event) ?? `${event.json}\n`,
          headers: target.body === undefined ? withJsonType(headers) : headers,
          ...(options.timeout > 0 ? { timeoutMs: options.timeout / 1e6 } : {}),
          basicAuth: target.basicAuth,
          isInsecure: options['skip-ssl-verification']
        })
        if (answer.status >= 200 && answer.status < 300) return
        const reason = captures ? answer.body : 'unknown error, use .captureResponse() to capture the HTTP response'
        throw answerError(answer, `POST returned non 2xx status code: code ${answer.status}: ${reason}`)
      }
    }
  },
  /** Differs: the test of httppost fails where the endpoint answers with an error, which Kapacitor does not look at. */
  test: serviceTest({
    options: () => ({ endpoint: 'example', url: 'http://localhost:3000/', headers: { Auth: 'secret' }, timeout: 0 }),
    delivery: (options) => ({ options: { ...options, 'capture-response': true } })
  })
})

interface Target {
  readonly url: EventTemplate
  readonly headers: Readonly<Record<string, string>>
  /** undefined: the event as JSON. */
  readonly body: EventTemplate | undefined
  readonly basicAuth: { readonly username: string; readonly password: string } | undefined
}

/** An unknown endpoint falls back to the URL. */
function targetOf(endpoint: string, url: string, deps: HandlerDeps): Target {
  const section = endpoint === '' ? undefined : findEntry(deps, 'httppost', 'endpoint', endpoint)
  const address = section?.text('url') ?? url
  if (address === '') {
    throw InvalidOptions('An appropriately formatted url must be specified if an endpoint is not specified')
  }
  const { username = '', password = '' } = section?.map('basic-auth') ?? {}
  return {
    url: section === undefined ? alertTemplate('body', address) : endpointTemplate('url', section, address),
    headers: section?.map('headers') ?? {},
    body: section === undefined ? undefined : bodyOf(section),
    basicAuth: username === '' || password === '' ? undefined : { username, password }
  }
}

function bodyOf(section: Section): EventTemplate | undefined {
  const file = section.text('alert-template-file')
  const template = file === '' ? section.text('alert-template') : readFileSync(file, 'utf8')
  return template === '' ? undefined : endpointTemplate('alert-template', section, template, file)
}

/** @param file Where the template is from; '' where it is in the configuration itself. */
function endpointTemplate(what: string, section: Section, template: string, file = ''): EventTemplate {
  const problem = `failed to parse template${file === '' ? '' : ` from file ${JSON.stringify(file)}`}`
  const endpoint = JSON.stringify(section.text('endpoint'))
  return alertTemplate('body', template, `failed to get ${what} for endpoint ${endpoint}: ${problem}`)
}

/** Header names match in any case. */
function withJsonType(headers: Readonly<Record<string, string>>): Record<string, string> {
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-type')
  return { ...Object.fromEntries(others), 'Content-Type': 'application/json' }
}

interface Endpoint {
  readonly endpoint: string
  readonly url: string
  readonly 'alert-template': string
  readonly 'alert-template-file': string
  readonly 'row-template': string
  readonly 'row-template-file': string
}

function problemOfEndpoint(endpoint: Endpoint): string | undefined {
  const { endpoint: name, url } = endpoint
  const isTemplate = url.includes('{{')
  return (
    sections.missing(name === '', 'must specify endpoint name') ??
    sections.missing(url === '', 'must specify url') ??
    (isTemplate ? undefined : sections.badUrl(url, 'URL')) ??
    problemOfTemplate('alert-template', endpoint['alert-template'], endpoint['alert-template-file']) ??
    problemOfTemplate('row-template', endpoint['row-template'], endpoint['row-template-file'])
  )
}

function problemOfTemplate(name: string, template: string, file: string): string | undefined {
  return (
    sections.missing(template !== '' && file !== '', `must specify only one of ${name} and ${name}-file`) ??
    sections.missing(file !== '' && !isAbsolute(file), `must use an absolute path for ${name}-file`)
  )
}
