import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'pagerDuty2',
  kind: 'pagerduty2',
  hostType: 'PagerDuty2Handler',
  summary: 'Sends the event to PagerDuty (events API v2).',
  args: {},
  properties: {
    routingKey: t.string('Routing key; default: that of the configuration.'),
    serviceKey: t.string('Another name of `routingKey`.'),
    link: t.call('Adds a link; both are templates.', { link: t.rest(t.string('URL, then its text.')) }).all()
  },
  validate: ({ link }) =>
    (link as { link: string[] }[] | undefined)?.some(({ link }) => link.length < 1 || link.length > 2) === true
      ? 'link takes a URL and optionally its text'
      : undefined
}
