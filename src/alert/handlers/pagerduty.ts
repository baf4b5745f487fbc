import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'pagerDuty',
  kind: 'pagerduty',
  hostType: 'PagerDutyHandler',
  summary: 'Sends the event to PagerDuty (events API v1).',
  args: {},
  properties: { serviceKey: t.string('Service key; default: that of the configuration.') }
}
