import { compareBytes } from '../../model/bytes.ts'
import { MailConnection } from '../../alert/handlers/mail-connection.ts'
import { VERSION } from '../../core/version.ts'
import type { Alert } from '../alert.ts'
import { partsOfDate, utcDate } from '../date.ts'
import { exactInfo } from '../event-fields.ts'
import { param } from '../params.ts'
import { linesOf } from './recipients.ts'
import { alertTemplate, textOf } from './template.ts'
import { defineTransport } from './transport.ts'

export default defineTransport({
  type: 'email',
  summary: 'Sends a mail for each alert.',
  params: {
    from: param.text('Address of the sender; its name is the From of the alert.', '', {
      isRequired: true,
      isShown: true
    }),
    host: param.text('Mail server. Default: localhost.', '', { secrecy: 'target' }),
    port: param.int('Port of the mail server; 465 speaks TLS from the start. Default: 25.', 0, {
      isShown: false,
      secrecy: 'target'
    }),
    user: param.text('User name at the mail server.'),
    password: param.secret('Password at the mail server.'),
    to: param.texts('Recipients of the mail.'),
    cc: param.texts('Recipients of copies.'),
    bcc: param.texts('Recipients of hidden copies, whom the others do not see.'),
    to_file: param.text('File below the configuration folder with further recipients, one a line.'),
    cc_file: param.text('File below the configuration folder with further recipients of copies, one a line.'),
    bcc_file: param.text('File below the configuration folder with further recipients of hidden copies, one a line.'),
    template: param.text('File below the configuration folder with a template of the text.'),
    label: param.text('Name of the transport in logs.')
  },
  open(options, { handler, files }) {
    const { from, host, port, user, password } = options
    const server = {
      ...{ host: host || 'localhost', port: port || 25, username: user, password },
      ...{ isInsecure: false, idleMs: IDLE_MS }
    }
    const connection = new MailConnection(handler)
    const text = alertTemplate('email', options.template, files, bodyOf)
    const listOf = (name: 'to' | 'cc' | 'bcc') => [
      ...options[name],
      ...linesOf(options[`${name}_file`], files, `email: ${name}_file`)
    ]
    return {
      render(alerts) {
        const recipients = { to: listOf('to'), cc: listOf('cc'), bcc: listOf('bcc') }
        if (Object.values(recipients).every((list) => list.length === 0)) return Promise.resolve([])
        const mails = alerts.map((alert) => ({
          ...{ from: { name: alert.from, address: from }, ...recipients },
          ...{ subject: alert.title, date: mailDate(alert.date), text: text(alert) }
        }))
        return Promise.resolve(mails.map((mail) => JSON.stringify(mail)))
      },
      async send(payload) {
        await connection.send(server, {
          ...(JSON.parse(payload) as Readonly<Record<string, unknown>>),
          headers: { 'X-Mailer': `kapok ${VERSION}` }
        })
      },
      close: () => connection.close()
    }
  }
})

/** Time after which an idle connection to the mail server is closed. */
const IDLE_MS = 30_000
const LINE = '-'.repeat(55)

/** kkok's layout. Differs: a line of hyphens always stands on a line of its own. */
function bodyOf(alert: Alert): string {
  const { from, date, host, title, message, sub } = alert
  const info = exactInfo(alert)
  let text = `From: ${from}\nDate: ${utcDate(date)}\nHost: ${host}\nTitle: ${title}\n`
  if (message !== '') text += `\n${message}`
  const names = Object.keys(info).sort(compareBytes)
  if (names.length > 0) {
    text += '\nInfo:\n'
    for (const name of names) text += `  ${name}=${textOf(info[name])}\n`
  }
  if (sub.length > 0) text += `\nSub alerts:\n${LINE}\n${sub.map((one) => `${ended(bodyOf(one))}${LINE}\n`).join('')}`
  return text
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 1123, in its own offset: `Wed, 02 Nov 2016 11:23:45 +0900`. */
function mailDate(date: string): string {
  const { year, month, day, weekday, offset } = partsOfDate(date)
  const zone = offset === 'Z' ? '+0000' : offset.replace(':', '')
  const wall = `${String(day).padStart(2, '0')} ${MONTHS[month - 1]} ${String(year).padStart(4, '0')}`
  return `${WEEKDAYS[weekday]}, ${wall} ${date.slice(11, 19)} ${zone}`
}
