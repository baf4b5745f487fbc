import { answerError } from '../../alert/handlers/http-client.ts'
import type { ConfinedFiles } from '../confined-files.ts'
import { InvalidDefinition, param } from '../params.ts'
import { Pacer } from './pacer.ts'
import { linesOf } from './recipients.ts'
import { alertTemplate } from './template.ts'
import { defineTransport } from './transport.ts'

const API = 'https://api.twilio.com'
const GAP_MS = 1100
const ATTEMPT_MS = 5000
const LENGTH_MAX = 1600
const PHONE_NUMBER = /^(\d{5,6}|\+\d+)$/

export default defineTransport({
  type: 'twilio',
  summary: 'Sends text messages through Twilio: one for each alert and recipient.',
  params: {
    account: param.text('SID of the account at Twilio.', '', { isRequired: true }),
    token: param.secret('Token of the account, or of an API key.', { isRequired: true, isShown: true }),
    from: param.text('Phone number of the sender.', '', { isRequired: true }),
    key_sid: param.text('API key, where the token is that of a key.'),
    to: param.texts('Phone numbers of recipients.'),
    to_file: param.text('File below the configuration folder with further phone numbers, one a line.'),
    max_length: param.int('Characters that a text may have.', 160),
    max_retry: param.int('Further attempts at a text that Twilio answers with an error.', 3),
    template: param.text('File below the configuration folder with a template of the text.'),
    count_only: param.flag('One text a batch, which only says how many alerts there are.'),
    label: param.text('Name of the transport in logs.'),
    url: param.text('Address of the API. Default: https://api.twilio.com.', '', { secrecy: 'url' })
  },
  open(options, { handler, files }) {
    const { account, token, from, to, to_file: toFile, max_length: maxLength, template } = options
    for (const number of [from, ...to]) {
      if (!PHONE_NUMBER.test(number)) throw InvalidDefinition(`twilio: invalid phone number: ${number}`)
    }
    if (maxLength < 1 || maxLength > LENGTH_MAX) throw InvalidDefinition('twilio: invalid max_length value')
    const text = alertTemplate('twilio', template, files, ({ title, from: sender, host, message }) =>
      [`Title: ${title}`, `From: ${sender}`, `Host: ${host}`, `Message: ${message}`].join('\n')
    )
    const url = `${options.url || API}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`
    const basicAuth = { username: options.key_sid || account, password: token }
    const pacer = new Pacer(handler.clock, GAP_MS)
    return {
      limits: { attempts: Math.max(0, options.max_retry) + 1 },
      render(alerts) {
        const texts = options.count_only ? [countText(alerts.length)] : alerts.map(text)
        const numbers = recipientsOf(to, toFile, files)
        const payloads = texts.flatMap((one) => numbers.map((To) => ({ Body: cut(one, maxLength), From: from, To })))
        return Promise.resolve(payloads.map((payload) => JSON.stringify(payload)))
      },
      async send(payload) {
        const body = new URLSearchParams(JSON.parse(payload) as Record<string, string>).toString()
        await pacer.turn()
        try {
          const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
          const answer = await handler.http.post({ url, body, headers, basicAuth, timeoutMs: ATTEMPT_MS })
          if (answer.status < 200 || answer.status > 299) {
            throw answerError(answer, `twilio: status ${answer.status}: ${answer.body}`)
          }
        } finally {
          pacer.done()
        }
      }
    }
  }
})

function countText(count: number): string {
  return count === 1 ? 'There is an alert.' : `There are ${count} alerts.`
}

function recipientsOf(to: readonly string[], file: string, files: ConfinedFiles): string[] {
  return [...new Set([...to, ...linesOf(file, files, 'twilio: to_file')])]
}

/** Cuts a text to so many characters, not code units. */
function cut(text: string, length: number): string {
  return [...text].slice(0, length).join('')
}
