import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { postJson } from './http-service.ts'
import { option } from './options.ts'
import { findEntry, ServiceNotEnabled } from './services.ts'
import { levelText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const COLORS = ['good', 'good', 'warning', 'danger'] as const

export default defineHandler({
  kind: 'slack',
  goType: '*slack.HandlerConfig',
  script: {
    hostType: 'SlackHandler',
    summary: 'Posts the message to a Slack channel.',
    args: {},
    properties: {
      workspace: t.string('Configured workspace; default: the one marked as default.'),
      channel: t.string('Channel; default: that of the configuration.'),
      username: t.string('Name of the sender; default: that of the configuration.'),
      iconEmoji: t.string('Emoji beside the message; default: that of the configuration.')
    }
  },
  section: field.list(
    'Service Slack, one entry a workspace.',
    {
      enabled: sections.enabled,
      default: field.flag('Makes the workspace that of scripts which name none.'),
      workspace: field.text('Name by which scripts choose the workspace.'),
      url: field.secretTarget('Webhook of the Slack workspace, or https://slack.com/api/chat.postMessage.'),
      token: field.secret('OAuth token for https://slack.com/api/chat.postMessage.'),
      channel: field.text('Channel of messages that name none.'),
      username: field.text('Name of the sender; empty: that of the webhook.'),
      'icon-emoji': field.text('Emoji beside the message.'),
      ...sections.changes,
      ...sections.tls
    },
    {
      key: 'workspace',
      initial: [{ default: true, username: 'kapacitor' }],
      problemOf: ({ enabled, url }) =>
        sections.missing(enabled && url === '', 'must specify url') ?? sections.badWebhook(url),
      problemOfAll: (workspaces) => sections.problemOfWorkspaces(workspaces, 'Slack')
    }
  ),
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
  }),
  test: serviceTest({
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
})
