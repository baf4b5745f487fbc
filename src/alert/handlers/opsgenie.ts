import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'opsGenie',
  kind: 'opsgenie',
  hostType: 'OpsGenieHandler',
  summary: 'Sends the event to OpsGenie (API v1).',
  args: {},
  properties: {
    teams: t.list(t.string('Teams; default: those of the configuration.')),
    recipients: t.list(t.string('Recipients; default: those of the configuration.'))
  }
}
