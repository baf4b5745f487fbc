import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { levelName } from '../../model/level.ts'
import { cutToBytes } from './text.ts'
import { levelText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const COLORS = ['34CC25', '34CC25', 'FFA533', 'CC4A31'] as const
/** Bytes of the summary before its dots. */
const SUMMARY_BYTES = 70

export default defineHandler({
  kind: 'teams',
  goType: '*teams.HandlerConfig',
  script: {
    hostType: 'TeamsHandler',
    summary: 'Sends the event to a Microsoft Teams channel.',
    args: {},
    properties: { channelURL: t.string('Webhook of the channel; default: that of the configuration.') }
  },
  section: field.section(
    'Service Microsoft Teams.',
    {
      enabled: sections.enabled,
      'channel-url': field.secretTarget('Webhook of the Teams channel.'),
      ...sections.changes
    },
    ({ enabled, 'channel-url': url }) =>
      sections.missing(enabled && url === '', 'must specify Teams channel webhook URL') ?? sections.badWebhook(url)
  ),
  options: { 'channel-url': option.webhook },
  open: (options, deps) => ({
    async send({ event, topic }) {
      const service = serviceOf(deps, 'teams')
      const level = levelName(event.level)
      const subject = event.id === '' ? topic : event.id
      const title = subject === '' ? level : `${level}: [${subject}]`
      const summary = subject === '' ? `${title}: ${event.message}` : `${title} - ${event.message}`
      await postJson(deps, {
        service: 'Teams',
        url: options['channel-url'] || service.text('channel-url'),
        body: {
          '@type': 'MessageCard',
          '@context': 'http://schema.org/extensions',
          title,
          text: event.message,
          summary: `${cutToBytes(summary, SUMMARY_BYTES)}...`,
          themeColor: COLORS[event.level]
        },
        accepts: [200, 204],
        reason: 'error'
      })
    }
  }),
  test: serviceTest({
    options: () => ({
      channel_url: '',
      alert_topic: 'test kapacitor alert topic',
      alert_id: 'foo/bar/bat',
      message: 'test teams message',
      level: levelText('CRITICAL')
    }),
    delivery: ({ channel_url, alert_topic, alert_id, message, level }) => ({
      options: { 'channel-url': channel_url },
      event: { topics: [alert_topic], id: alert_id, message, level }
    })
  })
})
