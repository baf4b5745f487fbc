import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'discord',
  kind: 'discord',
  hostType: 'DiscordHandler',
  summary: 'Posts the message to a Discord channel.',
  args: {},
  properties: {
    workspace: t.string('Configured workspace; default: the one marked as default.'),
    username: t.string('Name of the sender; default: that of the configuration.'),
    avatarURL: t.string('Picture of the sender; default: that of the configuration.'),
    embedTitle: t.string('Template of the title.')
  }
}
