import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'pushover',
  kind: 'pushover',
  hostType: 'PushoverHandler',
  summary: 'Sends the event to Pushover.',
  args: {},
  properties: {
    userKey: t.string('User or group key; default: that of the configuration.'),
    device: t.string('Device; default: all of the user.'),
    title: t.string("Title; default: the application's."),
    uRL: t.string('Supplementary URL.'),
    uRLTitle: t.string('Title of the URL.'),
    sound: t.string("Sound; default: the user's.")
  }
}
