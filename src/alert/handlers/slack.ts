import { type HandlerSpec, t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { postJson } from './http-service.ts'
import { option } from './options.ts'
import { findEntry, ServiceNotEnabled } from './services.ts'
import { levelText, serviceTest } from './service-test.ts'

export const script: HandlerSpec = {
  name: 'slack',
  kind: 'slack',
  hostType: 'SlackHandler',
  summary: 'Posts the message to a Slack channel.',
  args: {},
  properties: {
    workspace: t.string('Configured workspace; default: the one marked as default.'),
    channel: t.string('Channel; default: that of the configuration.'),
    username: t.string('Name of the sender; default: that of the configuration.'),
    iconEmoji: t.string('Emoji beside the message; default: that of the configuration.')
  }
}

const COLORS = ['good', 'good', 'warning', 'danger'] as const

export default defineHandler({
  kind: 'slack',
  goType: '*slack.HandlerConfig',
  options: {
    workspace: option.string,
    channel: option.string,
    username: option.string,
    'icon-emoji': option.string
  },
  open: (options, deps) => ({
    async send({ event }) {
      const service = findEntry(deps, 'slack', 'workspace', options.workspace)
      if (service === undefined) throw new DeliveryError('refused', 'workspace id not found')
      if (!service.isEnabled) throw ServiceNotEnabled()
      const token = service.text('token')
      const { message, level } = event
      await postJson(deps, {
        service: 'Slack',
        url: service.text('url'),
        headers: token === '' ? {} : { Authorization: `Bearer ${token}` },
        body: {
          attachments: [{ fallback: message, color: COLORS[level], text: message, mrkdwn_in: ['text'] }],
          channel: options.channel || service.text('channel'),
          icon_emoji: options['icon-emoji'] || service.text('icon-emoji'),
          text: '',
          username: options.username || service.text('username')
        },
        accepts: [200],
        isInsecure: service.flag('insecure-skip-verify'),
        reason: 'error'
      })
    }
  })
})

export const test = serviceTest({
  name: 'slack',
  options: (section) => ({
    workspace: section.text('workspace'),
    channel: section.text('channel'),
    message: 'test slack message',
    level: levelText('CRITICAL'),
    username: '',
    'icon-emoji': ''
  }),
  delivery: ({ message, level, ...options }) => ({ options, event: { message, level } })
})
