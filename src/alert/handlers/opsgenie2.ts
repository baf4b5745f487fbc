import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'opsGenie2',
  kind: 'opsgenie2',
  hostType: 'OpsGenie2Handler',
  summary: 'Sends the event to OpsGenie (API v2).',
  args: {},
  properties: {
    teams: t.list(t.string('Teams; default: those of the configuration.')),
    recipients: t.list(t.string('Recipients; default: those of the configuration.')),
    recoveryAction: t.string('What a recovery does: `notes` or `close`.'),
    details: t.flag("The description is the event's details instead of its data.")
  }
}
