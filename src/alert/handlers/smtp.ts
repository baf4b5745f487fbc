import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'email',
  kind: 'smtp',
  hostType: 'EmailHandler',
  summary: 'Sends the event by e-mail: the message is its subject, the details its HTML body.',
  args: { addresses: t.rest(t.string('Recipient.')) },
  properties: {
    to: t.list(t.string('Recipients.')),
    toTemplates: t.list(t.string('Templates that each render one recipient.'))
  }
}
