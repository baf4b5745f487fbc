import { duration, flag, int, list, secret, section, text, texts, textMap, word } from './fields.ts'

/**
 * The services that alert handlers speak to, with Kapacitor's keys. What a key means is the handler's business
 * (`alert/handlers`); here it is only known, checked and kept secret where it has to be.
 */
const enabled = flag('Turns the handler on.')
const insecureSkipVerify = flag('Accepts any TLS certificate.')
const tls = {
  'ssl-ca': text('File with the certificate authority to trust.'),
  'ssl-cert': text('File with the client certificate.'),
  'ssl-key': text('File with its key.'),
  'insecure-skip-verify': insecureSkipVerify
}
const everywhere = { global: flag('Every alert goes here too.') }
const changes = { ...everywhere, 'state-changes-only': flag('Only changes of level, where it is global.') }

export const handlers = {
  alerta: section('Alerta.', {
    enabled,
    url: text('Address of the server.'),
    token: secret('API token.'),
    'token-prefix': text('Word before the token in the header; empty: Bearer.'),
    environment: text('Default environment.'),
    origin: text('Default origin.'),
    timeout: duration('Default timeout of an alert; 0: 24h.', '0s'),
    'insecure-skip-verify': insecureSkipVerify
  }),
  bigpanda: section('BigPanda.', {
    enabled,
    ...changes,
    'app-key': secret('Key of the application.'),
    token: secret('API token.'),
    url: text('Where alerts go.', 'https://api.bigpanda.io/data/v2/alerts'),
    'auto-attributes': text('What is added of its own accord: tags, fields.', 'tags,fields'),
    'insecure-skip-verify': insecureSkipVerify
  }),
  discord: list('Discord, one entry a workspace.', {
    enabled,
    ...changes,
    ...tls,
    default: flag('Used where a script names no workspace.'),
    workspace: text('Name by which scripts choose it.'),
    url: secret('Webhook.'),
    timestamp: flag('Shows the time of the event.'),
    username: text('Shown name.'),
    'avatar-url': text('Shown picture.'),
    'embed-title': text('Title of the embed.')
  }),
  hipchat: section('HipChat.', {
    enabled,
    ...changes,
    url: text('Address of the server.'),
    token: secret('API token.'),
    room: text('Default room.')
  }),
  kafka: list('Kafka, one entry a cluster.', {
    enabled,
    ...tls,
    id: text('Name by which scripts choose it.', 'default'),
    brokers: texts('host:port of each.'),
    timeout: duration('Of one request.', '10s'),
    'batch-size': int('Messages a batch.', 100),
    'batch-timeout': duration('Longest wait for a batch to fill.', '1s'),
    'use-ssl': flag('Speaks TLS.'),
    'sasl-username': text('User name.'),
    'sasl-password': secret('Password.'),
    'sasl-mechanism': text(
      'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; empty: PLAIN where there is a user name.'
    ),
    'sasl-access-token': secret('Token of OAUTHBEARER.')
  }),
  mqtt: list('MQTT, one entry a broker.', {
    enabled,
    ...tls,
    name: text('Name by which scripts choose it.', 'default'),
    default: flag('Used where a script names no broker.'),
    url: text('tcp://host:port or ssl://host:port.'),
    'client-id': text('Empty: the name.'),
    username: text('User name.'),
    password: secret('Password.')
  }),
  opsgenie: section('OpsGenie, API version 1.', {
    enabled,
    ...everywhere,
    'api-key': secret('API key.'),
    teams: texts('Default teams.'),
    recipients: texts('Default recipients.'),
    url: text('Where alerts go.', 'https://api.opsgenie.com/v1/json/alert'),
    recovery_url: text('Where recoveries go.', 'https://api.opsgenie.com/v1/json/alert/note')
  }),
  opsgenie2: section('OpsGenie, API version 2.', {
    enabled,
    ...everywhere,
    'api-key': secret('API key.'),
    teams: texts('Default teams.'),
    recipients: texts('Default recipients.'),
    url: text('Where alerts go.', 'https://api.opsgenie.com/v2/alerts'),
    recovery_action: text('What a recovery does.', 'notes'),
    details: flag('Sends details.')
  }),
  pagerduty: section('PagerDuty, API version 1.', {
    enabled,
    ...everywhere,
    url: text('Where events go.', 'https://events.pagerduty.com/generic/2010-04-15/create_event.json'),
    'service-key': secret('Default service key.')
  }),
  pagerduty2: section('PagerDuty, API version 2.', {
    enabled,
    ...everywhere,
    url: text('Where events go.', 'https://events.pagerduty.com/v2/enqueue'),
    'routing-key': secret('Default routing key.')
  }),
  pushover: section('Pushover.', {
    enabled,
    token: secret('API token of the application.'),
    'user-key': secret('User key.'),
    url: text('Where messages go.', 'https://api.pushover.net/1/messages.json')
  }),
  sensu: section('Sensu.', {
    enabled,
    addr: text('host:port of the client socket.'),
    source: text('Name of the source.', 'Kapacitor'),
    handlers: texts('Default handlers.')
  }),
  servicenow: section('ServiceNow.', {
    enabled,
    ...changes,
    url: text('Where events go.'),
    source: text('Default source.'),
    username: text('User name.'),
    password: secret('Password.')
  }),
  slack: list('Slack, one entry a workspace.', {
    enabled,
    ...changes,
    ...tls,
    default: flag('Used where a script names no workspace.'),
    workspace: text('Name by which scripts choose it.'),
    url: secret('Webhook.'),
    token: secret('API token, instead of a webhook.'),
    channel: text('Default channel.'),
    username: text('Shown name.', 'kapacitor'),
    'icon-emoji': text('Shown icon.')
  }),
  smtp: section('E-mail.', {
    enabled,
    ...changes,
    host: text('Mail server.', 'localhost'),
    port: int('Its port.', 25),
    username: text('User name.'),
    password: secret('Password.'),
    'no-verify': insecureSkipVerify,
    from: text('Sender.'),
    to: texts('Default recipients.'),
    'to-templates': texts('Templates of further recipients.'),
    'idle-timeout': duration('A connection that is idle for so long is closed.', '30s')
  }),
  snmptrap: section('SNMP traps.', {
    enabled,
    addr: text('host:port of the receiver.', 'localhost:162'),
    community: secret('Community.', 'kapacitor'),
    retries: int('Further attempts.', 1)
  }),
  talk: section('Talk.', { enabled, url: secret('Webhook.'), author_name: text('Shown name.') }),
  teams: section('Microsoft Teams.', { enabled, ...changes, 'channel-url': secret('Webhook.') }),
  telegram: section('Telegram.', {
    enabled,
    ...changes,
    url: text('Address of the API.', 'https://api.telegram.org/bot'),
    token: secret('Token of the bot.'),
    'chat-id': text('Default chat.'),
    'parse-mode': word('How the text is marked up.', ['', 'Markdown', 'HTML'], ''),
    'disable-web-page-preview': flag('No previews of links.'),
    'disable-notification': flag('No sound.')
  }),
  victorops: section('VictorOps.', {
    enabled,
    ...everywhere,
    'api-key': secret('API key.'),
    'routing-key': text('Default routing key.'),
    url: text('Where alerts go.', 'https://alert.victorops.com/integrations/generic/20131114/alert'),
    'json-data': flag('Sends data as JSON instead of as a text.')
  }),
  zenoss: section('Zenoss.', {
    enabled,
    ...changes,
    url: text('Address of the server.'),
    username: text('User name.'),
    password: secret('Password.'),
    action: text('Router.', 'EventsRouter'),
    method: text('Its method.', 'add_event'),
    type: text('Type of the call.', 'rpc'),
    tid: int('Transaction id.', 1),
    collector: text('Name of the collector.', 'Kapacitor'),
    'severity-map': textMap('Severity by level: OK, Info, Warning, Critical.')
  })
}
