import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'post',
  kind: 'post',
  hostType: 'AlertHTTPPostHandler',
  summary: 'POSTs the event as JSON to a URL or to a configured endpoint.',
  args: { urls: t.rest(t.string('URL; only the first is used.')) },
  properties: {
    endpoint: t.string('Name of a configured httppost endpoint; wins over the URL.'),
    header: t.call('Sets a header of the request.', { key: t.string('Name.'), value: t.string('Value.') }).all(),
    captureResponse: t.flag('Logs the body of an answer that is no success.'),
    timeout: t.duration('Longest time that a request may take; 0: no limit.'),
    skipSSLVerification: t.flag("Accepts any certificate of the endpoint's.")
  },
  validate: ({ header }) =>
    (header as { key: string }[] | undefined)?.some(({ key }) => key.toUpperCase() === 'AUTHENTICATE') === true
      ? "cannot set 'authenticate' header"
      : undefined
}
