import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'hipChat',
  kind: 'hipchat',
  hostType: 'HipChatHandler',
  summary: 'Sends the event to a HipChat room.',
  args: {},
  properties: {
    room: t.string('Room; default: that of the configuration.'),
    token: t.string('Token; default: that of the configuration.')
  }
}
