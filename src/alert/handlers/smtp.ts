import { quote } from '../../core/print.ts'
import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { MailConnection, type MailServer } from './mail-connection.ts'
import { option } from './options.ts'
import { type Section, serviceOf } from './services.ts'
import { eventTemplate, type EventTemplate } from './templates.ts'
import { listOrNull, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

/** Each call adds to those before it. */
function append(addresses: string[], further: string[]): void {
  addresses.push(...further)
}

export default defineHandler({
  kind: 'smtp',
  title: 'SMTP handler',
  goType: '*smtp.HandlerConfig',
  script: {
    name: 'email',
    hostType: 'EmailHandler',
    summary: 'Sends the event by e-mail: the message is its subject, the details its HTML body.',
    args: { addresses: t.rest(t.string('Recipient.')) },
    properties: {
      to: t.list(t.string('Recipients.')).merged(append),
      toTemplates: t.list(t.string('Templates that each render one recipient.')).merged(append)
    }
  },
  section: field.section(
    'E-mail.',
    {
      enabled: sections.enabled,
      host: field.target('Host of the mail server.', 'localhost'),
      port: field.targetPort('Port of the mail server.', 25),
      username: field.text('User name at the mail server.'),
      password: field.secret('Password at the mail server.'),
      'no-verify': field.flag('Accepts any TLS certificate of the mail server.'),
      ...sections.changes,
      from: field.text('Address of the sender.'),
      to: field.texts('Recipients of mails that name none.'),
      'to-templates': field.texts('Templates that each render one further recipient.'),
      'idle-timeout': field.duration('Time after which an idle connection to the mail server is closed.', '30s')
    },
    ({ enabled, host, port, 'idle-timeout': idleTimeout, from, to }) =>
      sections.missing(host === '', 'host cannot be empty') ??
      sections.missing(port <= 0, `invalid port ${port}`) ??
      sections.missing(idleTimeout < 0n, 'idle timeout must be positive') ??
      sections.missing(enabled && from === '', "must provide a 'from' address") ??
      (from === '' ? undefined : badAddress(from, 'from')) ??
      to.map((address) => badAddress(address, 'to')).find((problem) => problem !== undefined)
  ),
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
      async send(topicEvent, attempt) {
        const service = serviceOf(deps, 'smtp')
        const rendered = templates.length > 0 ? templates : configured.get(service.texts('to-templates'))
        const to = [
          ...(service.listOr('to', options.to) ?? []),
          ...rendered.map((render) => render(topicEvent)).filter((address) => address !== '')
        ]
        if (to.length === 0) throw new DeliveryError('refused', 'not sending email, no recipients defined')
        const { message, details } = topicEvent.event
        // Bytes, since an empty text would count as none.
        const html = Buffer.from(details)
        const messageId = attempt === undefined ? {} : { messageId: `<${attempt.key}@kapok>` }
        await connection.send(mailServerOf(service), {
          from: service.text('from'),
          to,
          subject: message,
          html,
          ...messageId
        })
      },
      close: () => connection.close()
    }
  },
  /** Differs: the test of smtp succeeds when the mail server has taken the mail; Kapacitor's, when it is in a queue. */
  test: serviceTest({
    options: (section) => ({ to: listOrNull(section.texts('to')), subject: 'test subject', body: 'test body' }),
    delivery: ({ to, subject, body }) => ({ options: { to }, event: { message: subject, details: body } })
  })
})

function mailServerOf(service: Section): MailServer {
  return {
    host: service.text('host'),
    port: service.int('port'),
    username: service.text('username'),
    password: service.text('password'),
    isInsecure: service.flag('no-verify'),
    idleMs: service.durationMs('idle-timeout')
  }
}

/** Templates of the configuration, made anew where that has changed. */
class ConfiguredTemplates {
  #texts: readonly string[] = []
  #templates: readonly EventTemplate[] = []

  get(texts: readonly string[]): readonly EventTemplate[] {
    if (JSON.stringify(texts) !== JSON.stringify(this.#texts)) {
      this.#templates = texts.map((text, index) => eventTemplate(String(index), text))
      this.#texts = texts
    }
    return this.#templates
  }
}

/** @param address With a name before it or not. */
function badAddress(address: string, role: 'from' | 'to'): string | undefined {
  if (/^[^@<>]+@[^@<>\s]+$|^.*<[^@<>]+@[^@<>\s]+>\s*$/.test(address.trim())) return undefined
  return `invalid ${role} email address: ${quote(address)}, mail: missing '@' or angle-addr`
}
