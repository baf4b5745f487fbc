import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { formatInstant, type Instant, instantOfNanos } from '../../core/instant.ts'
import { defineHandler } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import { postJson } from './http-service.ts'
import { option } from './options.ts'
import { findEntry, ServiceNotEnabled } from './services.ts'
import { eventTemplate } from './templates.ts'
import { levelText, nanosOfText, serviceTest, timeText } from './service-test.ts'
import * as sections from './sections.ts'

const COLORS = [0x7a65f2, 0x7a65f2, 0xf48d38, 0xf95f53] as const

export default defineHandler({
  kind: 'discord',
  title: 'Discord handler',
  goType: '*discord.HandlerConfig',
  script: {
    hostType: 'DiscordHandler',
    summary: 'Posts the message to a Discord channel.',
    args: {},
    properties: {
      workspace: t.string('Configured workspace; default: the one marked as default.'),
      username: t.string('Name of the sender; default: that of the configuration.'),
      avatarURL: t.string('Picture of the sender; default: that of the configuration.'),
      embedTitle: t.string('Template of the title.')
    }
  },
  section: field.list(
    'Service Discord, one entry a workspace.',
    {
      enabled: sections.enabled,
      default: field.flag('Makes the workspace that of scripts which name none.'),
      workspace: field.text('Name by which scripts choose the workspace.'),
      url: field.secretTarget('Webhook of the Discord channel.'),
      timestamp: field.flag('Shows the time of the event.'),
      username: field.text('Name of the sender.'),
      'avatar-url': field.text('Picture of the sender.'),
      'embed-title': field.text('Title of the embed.'),
      ...sections.changes,
      ...sections.tls
    },
    {
      key: 'workspace',
      initial: [{ default: true }],
      problemOf: ({ enabled, url, 'avatar-url': avatar }) =>
        sections.missing(enabled && url === '', 'Must specify the Discord channel webhook URL') ??
        sections.badWebhook(url) ??
        sections.badUrl(avatar),
      problemOfAll: (workspaces) => sections.problemOfWorkspaces(workspaces, 'Discord')
    }
  ),
  options: {
    workspace: option.string,
    username: option.string,
    'avatar-url': option.string,
    'embed-title': option.string
  },
  open(options, deps) {
    const title = eventTemplate('embedTitle', options['embed-title'])
    return {
      async send(topicEvent) {
        const service = findEntry(deps, 'discord', 'workspace', options.workspace)
        if (service === undefined) throw new DeliveryError('refused', 'workspace id not found')
        if (!service.isEnabled) throw ServiceNotEnabled()
        const { level, message, timeNs } = topicEvent.event
        await postJson(deps, {
          service: 'Discord',
          url: service.text('url'),
          body: {
            avatar_url: options['avatar-url'] || service.text('avatar-url'),
            embeds: [
              {
                color: COLORS[level],
                title: title(topicEvent),
                description: message,
                timestamp: service.flag('timestamp') ? formatInstant(instantOfNanos(timeNs)) : ''
              }
            ],
            username: options.username || service.text('username')
          },
          accepts: [204],
          isInsecure: service.flag('insecure-skip-verify'),
          reason: 'message'
        })
      }
    }
  },
  test: serviceTest({
    options: (section) => ({
      workspace: section.text('workspace'),
      message: 'test discord message',
      level: levelText('INFO'),
      username: 'Kapacitor',
      'avatar-url': 'https://influxdata.github.io/branding/img/downloads/influxdata-logo--symbol--pool-alpha.png',
      'embed-title': 'Kapacitor Alert',
      'time-val': timeText(TEST_TIME)
    }),
    delivery: ({ message, level, 'time-val': time, ...options }) => ({
      options,
      event: { message, level, timeNs: nanosOfText(time) }
    })
  })
})

/** A second after the epoch. */
const TEST_TIME: Instant = { ms: 1000, ns: 0 }
