import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'teams',
  kind: 'teams',
  hostType: 'TeamsHandler',
  summary: 'Sends the event to a Microsoft Teams channel.',
  args: {},
  properties: { channelURL: t.string('Webhook of the channel; default: that of the configuration.') }
}
