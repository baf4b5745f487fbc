import { answerError } from '../../alert/handlers/http-client.ts'
import { compactJson, type JsonOutput } from '../../model/json.ts'
import { compareBytes } from '../../model/bytes.ts'
import { type Alert, viewOf } from '../alert.ts'
import { isZeroDate, partsOfDate } from '../date.ts'
import { exactInfo } from '../event-fields.ts'
import type { Script } from '../expression.ts'
import { refuse } from '../filters/freq.ts'
import { InvalidDefinition, param } from '../params.ts'
import { Pacer } from './pacer.ts'
import { alertTemplate, type Render, textOf } from './template.ts'
import { defineTransport } from './transport.ts'

/** Attachments that one message may have, and how far apart messages are: Slack's limits. */
const ALERTS_MAX = 20
const GAP_MS = 1100
const ATTEMPT_MS = 5000
/** A text as long as this is shown beside others. */
const SHORT_MAX_BYTES = 24
/** Room for the sub-alerts of one alert. */
const SUBS_MAX_CHARS = 3000

export default defineTransport({
  type: 'slack',
  summary: 'Posts alerts to an incoming webhook of Slack, as attachments of at most 20 a message.',
  params: {
    url: param.secret('Webhook that messages are posted to.', { isRequired: true, isShown: true }),
    max_retry: param.int('Further attempts at a message that Slack answers with an error.', 3),
    name: param.text('Sender that messages show.'),
    icon: param.text('Icon that messages show.'),
    channel: param.text('Channel, where it is not that of the webhook.'),
    color: param.program('JavaScript over `alert`: the color beside its text.'),
    template: param.text('File below the configuration folder with a template of the text.'),
    label: param.text('Name of the transport in logs.')
  },
  async open({ url, max_retry: retries, name, icon, channel, color, template }, { handler, files, prepare }) {
    if (!/^https?:\/\/./.test(url) || !URL.canParse(url)) throw InvalidDefinition('slack: url: not an HTTP address')
    const script = color === '' ? undefined : await prepare(color, 'alert').catch(refuse('slack: color'))
    const text = alertTemplate('slack', template, files, ({ message }) => escape(message))
    const pacer = new Pacer(handler.clock, GAP_MS)
    return {
      limits: { attempts: Math.max(0, retries) + 1 },
      async render(alerts) {
        const colors = await colorsOf(alerts, script)
        const attachments = alerts.map((alert, index) => attachmentOf(alert, colors[index], text))
        return chunksOf(attachments).map((chunk) =>
          compactJson({
            username: name || undefined,
            icon_emoji: icon || undefined,
            channel: channel || undefined,
            attachments: chunk
          })
        )
      },
      async send(payload) {
        await pacer.turn()
        try {
          const headers = { 'Content-Type': 'application/json' }
          const answer = await handler.http.post({ url, body: payload, headers, timeoutMs: ATTEMPT_MS })
          if (answer.status < 200 || answer.status > 299) {
            throw answerError(answer, `slack: status ${answer.status}: ${answer.body}`)
          }
        } finally {
          pacer.done()
        }
      }
    }
  }
})

/** Differs: an alert whose color cannot be told has none; in the original its whole message is lost. */
async function colorsOf(alerts: readonly Alert[], script: Script | undefined): Promise<(string | undefined)[]> {
  if (script === undefined) return []
  const outcomes = await script.run(alerts.map(viewOf))
  return outcomes.map((outcome) => (outcome.ok && typeof outcome.value === 'string' ? outcome.value : undefined))
}

function attachmentOf(alert: Alert, color: string | undefined, text: Render): JsonOutput {
  return {
    fallback: alert.title,
    color: color || undefined,
    title: escape(alert.title),
    fields: fieldsOf(alert),
    text: text(alert) || undefined
  }
}

function fieldsOf(alert: Alert): JsonOutput[] {
  const { from, date, host, sub } = alert
  const info = exactInfo(alert)
  const texts: [string, unknown][] = [['From', from]]
  if (!isZeroDate(date)) texts.push(['Date', shownDate(date)])
  if (host !== '') texts.push(['Host', host])
  // Differs: in the order of their names, where the original's is random.
  for (const name of Object.keys(info).sort(compareBytes))
    if (info[name] !== null) texts.push([`Info.${name}`, info[name]])
  const fields = texts.map(([title, value]) => ({ title, value: escape(textOf(value)), short: isShort(value) }))
  // Differs: sub-alerts are listed; the original leaves them out.
  if (sub.length > 0) fields.push({ title: `Sub alerts (${sub.length})`, value: escape(subsText(sub)), short: false })
  return fields
}

function isShort(value: unknown): boolean {
  if (typeof value === 'string') return Buffer.byteLength(value) <= SHORT_MAX_BYTES && !value.includes('\n')
  return typeof value !== 'object'
}

function subsText(sub: readonly Alert[]): string {
  let text = ''
  for (const [index, { from, host, title }] of sub.entries()) {
    const line = `[${from}@${host}] ${title}\n`
    if (text.length + line.length > SUBS_MAX_CHARS) return `${text}… and ${sub.length - index} more`
    text += line
  }
  return text.trimEnd()
}

/** A date with three digits after the second, in its own offset. */
function shownDate(date: string): string {
  const { fraction, offset } = partsOfDate(date)
  return `${date.slice(0, 19)}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function chunksOf<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / ALERTS_MAX)
  return Array.from({ length: count }, (_, index) => items.slice(index * ALERTS_MAX, (index + 1) * ALERTS_MAX))
}
