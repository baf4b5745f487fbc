import { isIP } from 'node:net'
import type { SendMailOptions, Transporter } from 'nodemailer'
import type { Clock, Timer } from '../../core/clock.ts'
import { AppError, messageOf } from '../../core/errors.ts'
import { type HandlerSpec, t } from '../../graph/spec.ts'
import type { NetworkGuard } from '../../net/network-guard.ts'
import { DeliveryError, defineHandler, type HandlerDeps } from './handler.ts'
import { option } from './options.ts'
import { type Section, serviceOf } from './services.ts'
import { eventTemplate, type EventTemplate } from './templates.ts'
import { listOrNull, serviceTest } from './service-test.ts'

export const script: HandlerSpec = {
  name: 'email',
  kind: 'smtp',
  hostType: 'EmailHandler',
  summary: 'Sends the event by e-mail: the message is its subject, the details its HTML body.',
  args: { addresses: t.rest(t.string('Recipient.')) },
  properties: {
    to: t.list(t.string('Recipients.')),
    toTemplates: t.list(t.string('Templates that each render one recipient.'))
  }
}

export default defineHandler({
  kind: 'smtp',
  title: 'SMTP handler',
  goType: '*smtp.HandlerConfig',
  options: { to: option.strings, 'to-field': option.strings },
  fromScript: ({ addresses, to, toTemplates }) => ({
    to: [...((addresses ?? []) as string[]), ...((to ?? []) as string[])],
    'to-field': toTemplates
  }),
  open(options, deps) {
    const templates = options['to-field'].map((text, index) => eventTemplate(String(index), text))
    const configured = new ConfiguredTemplates()
    const connection = new MailConnection(deps)
    return {
      async send(collected, attempt) {
        const service = serviceOf(deps, 'smtp')
        const rendered = templates.length > 0 ? templates : configured.of(service.texts('to-templates'))
        const to = [
          ...(service.listOr('to', options.to) ?? []),
          ...rendered.map((render) => render(collected)).filter((address) => address !== '')
        ]
        if (to.length === 0) throw new DeliveryError('refused', 'not sending email, no recipients defined')
        const { message, details } = collected.event
        // Bytes, since an empty text would count as none.
        const html = Buffer.from(details)
        const messageId = attempt === undefined ? {} : { messageId: `<${attempt.key}@kapok>` }
        await connection.send(service, { from: service.text('from'), to, subject: message, html, ...messageId })
      },
      close: () => connection.close()
    }
  }
})

/** Differs: the test of smtp succeeds when the mail server has taken the mail; Kapacitor's, when it is in a queue. */
export const test = serviceTest({
  name: 'smtp',
  options: (section) => ({ to: listOrNull(section.texts('to')), subject: 'test subject', body: 'test body' }),
  delivery: ({ to, subject, body }) => ({ options: { to }, event: { message: subject, details: body } })
})

const PORT_OF_TLS = 465

/** A connection to the mail server that is kept for a while after a mail. */
export class MailConnection {
  readonly #clock: Clock
  readonly #guard: NetworkGuard
  #transport: Transporter | undefined
  /** What the transport was made from. */
  #settings = ''
  #idle: Timer | undefined

  constructor({ clock, guard }: Pick<HandlerDeps, 'clock' | 'guard'>) {
    this.#clock = clock
    this.#guard = guard
  }

  /** @param service `host`, `port`, `username`, `password`, `no-verify`, `idle-timeout`. Fails with a `DeliveryError`. */
  async send(service: Section, mail: SendMailOptions): Promise<void> {
    this.#idle?.cancel()
    try {
      const transport = await this.#open(service)
      await transport.sendMail({ ...mail, textEncoding: 'quoted-printable' })
    } catch (error) {
      this.close()
      if (error instanceof AppError) throw error
      throw new DeliveryError(failureOf(error), `error sending: ${messageOf(error)}`, { cause: error })
    }
    this.#idle = this.#clock.after(service.durationMs('idle-timeout', 30_000), () => this.close())
  }

  close(): void {
    this.#idle?.cancel()
    this.#transport?.close()
    this.#transport = undefined
  }

  async #open(service: Section): Promise<Transporter> {
    const port = service.int('port', 25)
    const username = service.text('username')
    const host = service.text('host', 'localhost')
    const address = await this.#guard.resolve(host)
    const options = {
      pool: true,
      maxConnections: 1,
      maxMessages: Infinity,
      host: address,
      port,
      secure: port === PORT_OF_TLS,
      tls: { rejectUnauthorized: !service.flag('no-verify'), ...(isIP(host) === 0 && { servername: host }) },
      ...(username === '' ? {} : { auth: { user: username, pass: service.text('password') } })
    } as const
    const settings = JSON.stringify(options)
    if (settings !== this.#settings) this.close()
    this.#settings = settings
    // Loaded when it is needed: threads that only read scripts read this file too.
    const { createTransport } = await import('nodemailer')
    return (this.#transport ??= createTransport(options))
  }
}

/** A server that refuses a mail for good says 5xx; one that might take it later, 4xx. */
function failureOf(error: unknown): DeliveryError['failure'] {
  const { code, responseCode } = error as { code?: string; responseCode?: number }
  if (responseCode === undefined || code === 'EAUTH') return 'unavailable'
  return responseCode >= 500 ? 'refused' : 'failed'
}

/** Templates of the configuration, made anew where that has changed. */
class ConfiguredTemplates {
  #texts: readonly string[] = []
  #templates: readonly EventTemplate[] = []

  of(texts: readonly string[]): readonly EventTemplate[] {
    if (JSON.stringify(texts) !== JSON.stringify(this.#texts)) {
      this.#templates = texts.map((text, index) => eventTemplate(String(index), text))
      this.#texts = texts
    }
    return this.#templates
  }
}
