import { type HandlerSpec, t } from '../../graph/spec.ts'

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
