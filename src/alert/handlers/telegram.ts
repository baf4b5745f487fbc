import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { addressBelow } from './http-service.ts'
import { findMember, isJsonObject, JsonNumber, type JsonObject, parseJson } from '../../core/json.ts'
import { answerError, type HttpAnswer } from './http-client.ts'
import { compactJson } from '../../model/json.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

export default defineHandler({
  kind: 'telegram',
  goType: '*telegram.HandlerConfig',
  script: {
    hostType: 'TelegramHandler',
    summary: 'Sends the event to a Telegram chat.',
    args: {},
    properties: {
      chatId: t.string('Chat; default: that of the configuration.'),
      parseMode: t.string('`Markdown` or `HTML`; default: that of the configuration.'),
      disableWebPagePreview: t.flag('No previews of links.'),
      disableNotification: t.flag('Sends it silently.')
    }
  },
  section: field.section(
    'Service Telegram.',
    {
      enabled: sections.enabled,
      url: field.target('Address of the Bot API, up to the token.', 'https://api.telegram.org/bot'),
      token: field.secret('Token of the bot.'),
      'chat-id': field.text('Chat of messages that name none.'),
      'parse-mode': field.text('Markup of the messages: Markdown or HTML; empty: none.'),
      'disable-web-page-preview': field.flag('Shows no previews of links.'),
      'disable-notification': field.flag('Sends messages silently.'),
      ...sections.changes
    },
    ({ enabled, url, token, 'parse-mode': mode }) =>
      sections.missing(enabled && url === '', 'must specify url') ??
      sections.missing(enabled && token === '', 'must specify token') ??
      sections.badUrl(url) ??
      // Differs: a parse mode that Telegram does not know is refused; Kapacitor loses every alert over it.
      sections.missing(
        !['', 'markdown', 'html'].includes(mode.toLowerCase()),
        `parseMode ${mode} is not valid, please use 'Markdown' or 'HTML'`
      )
  ),
  options: {
    'chat-id': option.string,
    'parse-mode': option.string,
    'disable-web-page-preview': option.bool,
    'disable-notification': option.bool
  },
  open: (options, deps) => ({
    async send({ event }) {
      const service = serviceOf(deps, 'telegram')
      const mode = options['parse-mode'] || service.text('parse-mode')
      if (!['', 'markdown', 'html'].includes(mode.toLowerCase())) {
        throw new DeliveryError('refused', `parseMode ${mode} is not valid, please use 'Markdown' or 'HTML'`)
      }
      const isSet = (name: 'disable-web-page-preview' | 'disable-notification') =>
        options[name] || service.flag(name) ? true : undefined
      const answer = await deps.http.post({
        url: addressBelow(`${service.text('url')}${service.text('token')}`, 'sendMessage'),
        headers: { 'Content-Type': 'application/json' },
        body: `${compactJson({
          chat_id: options['chat-id'] || service.text('chat-id'),
          disable_notification: isSet('disable-notification'),
          disable_web_page_preview: isSet('disable-web-page-preview'),
          parse_mode: mode === '' ? undefined : mode,
          text: event.message
        })}\n`
      })
      if (answer.status === 200) return
      throw answerError(answer, reasonOf(answer))
    }
  }),
  test: serviceTest({
    options: (section) => ({
      'chat-id': section.text('chat-id'),
      'parse-mode': section.text('parse-mode'),
      message: 'test telegram message',
      'disable-web-page-preview': section.flag('disable-web-page-preview'),
      'disable-notification': section.flag('disable-notification')
    }),
    delivery: ({ message, ...options }) => ({ options, event: { message } })
  })
})

function reasonOf({ status, body }: HttpAnswer): string {
  const json = parseJson(body)
  if (!json.ok) {
    return `failed to understand Telegram response (err: ${json.message}). code: ${status} content: ${body}`
  }
  const members: JsonObject = isJsonObject(json.value) ? json.value : new Map()
  const code = findMember(members, 'error_code')
  const description = findMember(members, 'description')
  return (
    `sendMessage error (${code instanceof JsonNumber ? code.text : 0}) ` +
    `description: ${typeof description === 'string' ? description : ''}`
  )
}
