import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'telegram',
  kind: 'telegram',
  hostType: 'TelegramHandler',
  summary: 'Sends the event to a Telegram chat.',
  args: {},
  properties: {
    chatId: t.string('Chat; default: that of the configuration.'),
    parseMode: t.string('`Markdown` or `HTML`; default: that of the configuration.'),
    disableWebPagePreview: t.flag('No previews of links.'),
    disableNotification: t.flag('Sends it silently.')
  }
}
