import { isAbsolute } from 'node:path'
import { findRequestUriProblem, findUrlProblem } from '../core/go-url.ts'
import { maskUrl } from '../core/mask.ts'
import { quote } from '../core/print.ts'
import {
  type ConfigOf,
  duration,
  flag,
  headers,
  int,
  levels,
  list,
  secret,
  secretTarget,
  section,
  target,
  targetPort,
  targets,
  text,
  texts,
  textMap
} from './fields.ts'

/**
 * The services that alert handlers speak to, with Kapacitor's keys, in its order. What a key means is the handler's
 * business (`alert/handlers`); here it is only known, checked and kept secret where it has to be.
 */
const enabled = flag('Turns the handler on.')
const insecureSkipVerify = flag('Accepts any TLS certificate of the service.')
const tls = {
  'ssl-ca': text('File that holds the certificate authority to trust.'),
  'ssl-cert': text('File that holds the client certificate.'),
  'ssl-key': text('File that holds the key of the client certificate.'),
  'insecure-skip-verify': insecureSkipVerify
}
const everywhere = { global: flag('Sends every alert of the server to this service, too.') }
const changes = {
  ...everywhere,
  'state-changes-only': flag('Makes every alert tell changes of its level only, where `global` is set, too.')
}

const clusterFields = {
  enabled,
  id: text('Name by which scripts choose the cluster.', 'default'),
  brokers: targets('Brokers of the cluster, each as host:port.'),
  timeout: duration('Time limit of each request to a broker; 0: 10s.', '0s'),
  'batch-size': int('Messages of a batch, as in Kapacitor. Kapok sends each message at once.'),
  'batch-timeout': duration('Longest wait for a batch, as in Kapacitor. Kapok sends each message at once.', '0s'),
  'use-ssl': flag('Connects by TLS.'),
  ...tls,
  'sasl-username': text('User name for SASL.'),
  'sasl-password': secret('Password for SASL.'),
  sasl_extensions: textMap('SASL extensions of OAUTHBEARER, by name.'),
  'sasl-mechanism': text(
    'SASL mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; empty: PLAIN where there is a user name.'
  ),
  'sasl-version': int('Version of the SASL handshake. Version 0, of brokers before Kafka 1.0, is refused.', 1, 0, 1),
  'sasl-gssapi-service-name': text('Service name of GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-auth-type': text('Way to log in with GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-disable-pafxfast': flag('PA-FX-FAST of GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-kerberos-config-path': text('File for GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-key-tab-path': text('Key table of GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-realm': text('Realm of GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-oauth-service': text('Token service of OAUTHBEARER: custom, auth0 or azuread; empty: custom.'),
  'sasl-oauth-client-id': text('Client id for the token service.'),
  'sasl-oauth-client-secret': secret('Client secret for the token service.'),
  'sasl-oauth-token-url': target('Address of the token service; that of azuread is known.'),
  'sasl-oauth-scopes': texts('Scopes to ask the token service for.'),
  'sasl-oauth-parameters': textMap('Further parameters of requests to the token service, by name.'),
  'sasl-oauth-token-expiry-margin': duration('Time before its end at which a token is renewed.', '10s'),
  'sasl-access-token': secret('Token of OAUTHBEARER that is used as it is, without a token service.'),
  'sasl-oauth-tenant-id': text('Tenant of azuread.')
}

export const handlers = {
  alerta: section(
    'Service Alerta.',
    {
      enabled,
      url: target('Address of the Alerta server.'),
      'insecure-skip-verify': insecureSkipVerify,
      token: secret('API token of Alerta.'),
      'token-prefix': text('Word before the token in the Authorization header; empty: Bearer.'),
      environment: text('Environment of alerts that name none.'),
      origin: text('Origin of alerts that name none.'),
      timeout: duration('Time after which Alerta takes an alert for expired; 0: 24h.', '0s')
    },
    ({ enabled, url }) => missing(enabled && url === '', 'must specify url') ?? badUrl(url)
  ),
  bigpanda: section(
    'Service BigPanda.',
    {
      enabled,
      ...changes,
      'app-key': secret('Key of the BigPanda application.'),
      token: secret('API token of BigPanda.'),
      url: target('Address that alerts are sent to.', 'https://api.bigpanda.io/data/v2/alerts'),
      'auto-attributes': text('What is added to each alert: tags, fields, both or nothing.', 'tags,fields'),
      'insecure-skip-verify': insecureSkipVerify
    },
    ({ enabled, url, 'app-key': appKey, token }) =>
      missing(enabled && url === '', 'must specify the BigPanda webhook URL') ??
      missing(enabled && appKey === '', 'must specify BigPanda app-key') ??
      badUrl(url) ??
      missing(enabled && token === '', 'must specify BigPanda token')
  ),
  discord: list(
    'Service Discord, one entry a workspace.',
    {
      enabled,
      default: flag('Makes the workspace that of scripts which name none.'),
      workspace: text('Name by which scripts choose the workspace.'),
      url: secretTarget('Webhook of the Discord channel.'),
      timestamp: flag('Shows the time of the event.'),
      username: text('Name of the sender.'),
      'avatar-url': text('Picture of the sender.'),
      'embed-title': text('Title of the embed.'),
      ...changes,
      ...tls
    },
    {
      key: 'workspace',
      initial: [{ default: true }],
      problemOf: ({ enabled, url, 'avatar-url': avatar }) =>
        missing(enabled && url === '', 'Must specify the Discord channel webhook URL') ?? badUrl(url) ?? badUrl(avatar),
      problemOfAll: (workspaces) => problemOfWorkspaces(workspaces, 'Discord')
    }
  ),
  hipchat: section(
    'Service HipChat.',
    {
      enabled,
      url: target('Address of the HipChat server.'),
      token: secret('API token of HipChat.'),
      room: text('Room of alerts that name none.'),
      ...changes
    },
    ({ enabled, url }) => missing(enabled && url === '', 'must specify url') ?? badUrl(url)
  ),
  kafka: list('Kafka, one entry a cluster.', clusterFields, { key: 'id', initial: [{}], problemOf: problemOfCluster }),
  mqtt: list(
    'MQTT, one entry a broker.',
    {
      enabled,
      name: text('Name by which scripts choose the broker.', 'default'),
      default: flag('Makes the broker that of scripts which name none.'),
      url: target('Address of the broker: tcp://host:port, ssl://host:port, ws://host:port or wss://host:port.'),
      ...tls,
      'client-id': text('Client id of the connection; empty: the name.'),
      username: text('User name at the broker.'),
      password: secret('Password at the broker.')
    },
    {
      key: 'name',
      initial: [{}],
      problemOf: ({ enabled, name, url }) =>
        missing(name === '', 'must specify a name for the mqtt broker') ??
        missing(enabled && url === '', 'must specify a url for mqtt service'),
      problemOfAll: (brokers) => {
        const defaults = brokers.filter((broker) => broker.default)
        return (
          missing(defaults.length > 1, 'more than one configuration is marked as the default') ??
          missing(defaults.length === 0 && brokers.length > 1, 'no configuration is marked as the default')
        )
      }
    }
  ),
  opsgenie: section(
    'Service OpsGenie, API version 1.',
    {
      enabled,
      'api-key': secret('API key of OpsGenie.'),
      teams: texts('Teams of alerts that name none.'),
      recipients: texts('Recipients of alerts that name none.'),
      url: target('Address that alerts are sent to.', 'https://api.opsgenie.com/v1/json/alert'),
      recovery_url: target('Address that recoveries are sent to.', 'https://api.opsgenie.com/v1/json/alert/note'),
      ...everywhere
    },
    ({ enabled, 'api-key': key, url, recovery_url }) =>
      missing(url === '', 'url cannot be empty') ??
      missing(recovery_url === '', 'recovery_url cannot be empty') ??
      badUrl(url, 'URL') ??
      badUrl(recovery_url, 'recovery_url') ??
      missing(enabled && key === '', 'api-key cannot be empty')
  ),
  opsgenie2: section(
    'Service OpsGenie, API version 2.',
    {
      enabled,
      'api-key': secret('API key of OpsGenie.'),
      teams: texts('Teams of alerts that name none.'),
      recipients: texts('Recipients of alerts that name none.'),
      url: target('Address that alerts are sent to.', 'https://api.opsgenie.com/v2/alerts'),
      recovery_action: text('What a recovery does with the alert: notes or close.', 'notes'),
      ...everywhere,
      details: flag('Makes the details of the event the description of the alert, instead of its data.')
    },
    ({ enabled, 'api-key': key, url, recovery_action }) =>
      missing(url === '', 'url cannot be empty') ??
      missing(recovery_action === '', 'recovery_action cannot be empty') ??
      badUrl(url, 'URL') ??
      missing(enabled && key === '', 'api-key cannot be empty')
  ),
  pagerduty: section(
    'Service PagerDuty, API version 1.',
    {
      enabled,
      url: target(
        'Address that events are sent to.',
        'https://events.pagerduty.com/generic/2010-04-15/create_event.json'
      ),
      'service-key': secret('Service key of alerts that name none.'),
      ...everywhere
    },
    ({ url }) => missing(url === '', 'url cannot be empty') ?? badUrl(url, 'URL')
  ),
  pagerduty2: section(
    'Service PagerDuty, API version 2.',
    {
      enabled,
      url: target('Address that events are sent to.', 'https://events.pagerduty.com/v2/enqueue'),
      'routing-key': secret('Routing key of alerts that name none.'),
      ...everywhere
    },
    ({ url }) => missing(url === '', 'url cannot be empty') ?? badUrl(url, 'URL')
  ),
  pushover: section(
    'Service Pushover.',
    {
      enabled,
      token: secret('API token of the Pushover application.'),
      'user-key': secret('Key of the user or group that is told.'),
      url: target('Address that messages are sent to.', 'https://api.pushover.net/1/messages.json')
    },
    ({ enabled, token, 'user-key': userKey, url }) =>
      enabled
        ? (missing(token === '', 'must specify token') ??
          missing(userKey === '', 'must specify user key') ??
          missing(url === '', 'must specify url') ??
          badUrl(url, 'URL'))
        : undefined
  ),
  sensu: section(
    'Service Sensu.',
    {
      enabled,
      addr: target('Socket of the Sensu client, as host:port.'),
      source: text('Source of results that name none.', 'Kapacitor'),
      handlers: texts('Handlers in Sensu of results that name none.')
    },
    ({ enabled, addr }) => missing(enabled && addr === '', 'must specify client address')
  ),
  servicenow: section(
    'Service ServiceNow.',
    {
      enabled,
      url: target('Address that events are sent to.', 'https://instance.service-now.com/api/global/em/jsonv2'),
      source: text('Source of events that name none.'),
      username: text('User name at ServiceNow.'),
      password: secret('Password at ServiceNow.'),
      ...changes
    },
    ({ enabled, url }) => missing(enabled && url === '', 'must specify events URL') ?? badUrl(url)
  ),
  slack: list(
    'Service Slack, one entry a workspace.',
    {
      enabled,
      default: flag('Makes the workspace that of scripts which name none.'),
      workspace: text('Name by which scripts choose the workspace.'),
      url: secretTarget('Webhook of the Slack workspace, or https://slack.com/api/chat.postMessage.'),
      token: secret('OAuth token for https://slack.com/api/chat.postMessage.'),
      channel: text('Channel of messages that name none.'),
      username: text('Name of the sender; empty: that of the webhook.'),
      'icon-emoji': text('Emoji beside the message.'),
      ...changes,
      ...tls
    },
    {
      key: 'workspace',
      initial: [{ default: true, username: 'kapacitor' }],
      problemOf: ({ enabled, url }) => missing(enabled && url === '', 'must specify url') ?? badUrl(url),
      problemOfAll: (workspaces) => problemOfWorkspaces(workspaces, 'Slack')
    }
  ),
  smtp: section(
    'E-mail.',
    {
      enabled,
      host: target('Host of the mail server.', 'localhost'),
      port: targetPort('Port of the mail server.', 25),
      username: text('User name at the mail server.'),
      password: secret('Password at the mail server.'),
      'no-verify': flag('Accepts any TLS certificate of the mail server.'),
      ...changes,
      from: text('Address of the sender.'),
      to: texts('Recipients of mails that name none.'),
      'to-templates': texts('Templates that each render one further recipient.'),
      'idle-timeout': duration('Time after which an idle connection to the mail server is closed.', '30s')
    },
    ({ enabled, host, port, 'idle-timeout': idleTimeout, from, to }) =>
      missing(host === '', 'host cannot be empty') ??
      missing(port <= 0, `invalid port ${port}`) ??
      missing(idleTimeout < 0n, 'idle timeout must be positive') ??
      missing(enabled && from === '', "must provide a 'from' address") ??
      (from === '' ? undefined : badAddress(from, 'from')) ??
      to.map((address) => badAddress(address, 'to')).find((problem) => problem !== undefined)
  ),
  snmptrap: section(
    'SNMP traps.',
    {
      enabled,
      addr: target('Receiver of the traps, as host:port.', 'localhost:162'),
      community: secret('SNMP community.', 'kapacitor'),
      retries: int('Further attempts at sending a trap.', 1)
    },
    ({ enabled, addr }) => missing(enabled && addr === '', 'must specify addr')
  ),
  talk: section(
    'Service Talk.',
    {
      enabled,
      url: secretTarget('Webhook of the Talk room.'),
      author_name: text('Name of the sender.')
    },
    ({ enabled, url }) => missing(enabled && url === '', 'must specify url') ?? badUrl(url)
  ),
  teams: section(
    'Service Microsoft Teams.',
    {
      enabled,
      'channel-url': secretTarget('Webhook of the Teams channel.'),
      ...changes
    },
    ({ enabled, 'channel-url': url }) =>
      missing(enabled && url === '', 'must specify Teams channel webhook URL') ?? badUrl(url)
  ),
  telegram: section(
    'Service Telegram.',
    {
      enabled,
      url: target('Address of the Bot API, up to the token.', 'https://api.telegram.org/bot'),
      token: secret('Token of the bot.'),
      'chat-id': text('Chat of messages that name none.'),
      'parse-mode': text('Markup of the messages: Markdown or HTML; empty: none.'),
      'disable-web-page-preview': flag('Shows no previews of links.'),
      'disable-notification': flag('Sends messages silently.'),
      ...changes
    },
    ({ enabled, url, token, 'parse-mode': mode }) =>
      missing(enabled && url === '', 'must specify url') ??
      missing(enabled && token === '', 'must specify token') ??
      badUrl(url) ??
      // Differs: a parse mode that Telegram does not know is refused; Kapacitor loses every alert over it.
      missing(
        !['', 'markdown', 'html'].includes(mode.toLowerCase()),
        `parseMode ${mode} is not valid, please use 'Markdown' or 'HTML'`
      )
  ),
  victorops: section(
    'Service VictorOps.',
    {
      enabled,
      'api-key': secret('API key of VictorOps.'),
      'routing-key': text('Routing key of alerts that name none.'),
      url: target(
        'Address that alerts are sent to.',
        'https://alert.victorops.com/integrations/generic/20131114/alert'
      ),
      ...everywhere,
      'json-data': flag('Sends the data of the event as JSON instead of as a text.')
    },
    ({ url }) => missing(url === '', 'url cannot be empty') ?? badUrl(url, 'URL')
  ),
  zenoss: section(
    'Service Zenoss.',
    {
      enabled,
      url: target('Address that events are sent to.', 'https://tenant.zenoss.io:8080/zport/dmd/evconsole_router'),
      username: text('User name at Zenoss.'),
      password: secret('Password at Zenoss.'),
      action: text('Router of the request.', 'EventsRouter'),
      method: text('Method of the router.', 'add_event'),
      type: text('Type of the request.', 'rpc'),
      tid: int('Transaction id of the request.', 1),
      collector: text('Collector of events that name none.', 'Kapacitor'),
      'severity-map': levels('Severity of an event by the level of the alert: a text or a number each.', {
        ok: 'Clear',
        info: 'Info',
        warning: 'Warning',
        critical: 'Critical'
      }),
      ...changes
    },
    ({ enabled, url }) => {
      if (url === '') return missing(enabled, 'must specify events URL')
      const problem = findRequestUriProblem(url)
      return problem === undefined ? undefined : `invalid url ${quote(maskUrl(url))}: ${problem}`
    }
  )
}

/** Endpoints of the handler post and of the node httpPost. */
export const httppost = list(
  'Endpoints that .post() and |httpPost() choose by name.',
  {
    endpoint: text('Name by which scripts choose it.', 'example', { minLength: 1 }),
    url: target('Address that is posted to; a template.', 'http://example.com'),
    // Differs: the values of headers are masked, since they hold tokens as a rule; Kapacitor shows them.
    headers: headers('Headers of each request.'),
    'basic-auth': section('Credentials.', { username: text('User name.'), password: secret('Password.') }),
    'alert-template': text('Body of alerts.'),
    'alert-template-file': text('File that holds the body of alerts.'),
    'row-template': text('Body of rows.'),
    'row-template-file': text('File that holds the body of rows.')
  },
  { key: 'endpoint', initial: [{}], problemOf: problemOfEndpoint }
)

function missing(isMissing: boolean, problem: string): string | undefined {
  return isMissing ? problem : undefined
}

function badUrl(url: string, name = 'url'): string | undefined {
  const problem = findUrlProblem(url)
  return problem === undefined ? undefined : `invalid ${name} ${quote(maskUrl(url))}: ${problem}`
}

/** @param address With a name before it or not. */
function badAddress(address: string, role: 'from' | 'to'): string | undefined {
  if (/^[^@<>]+@[^@<>\s]+$|^.*<[^@<>]+@[^@<>\s]+>\s*$/.test(address.trim())) return undefined
  return `invalid ${role} email address: ${quote(address)}, mail: missing '@' or angle-addr`
}

interface Workspace {
  readonly default: boolean
  readonly workspace: string
  readonly global: boolean
  readonly 'state-changes-only': boolean
}

function problemOfWorkspaces(workspaces: readonly Workspace[], service: string): string | undefined {
  for (const { default: isDefault, workspace, global, 'state-changes-only': isChangesOnly } of workspaces) {
    if (workspaces.length > 1 && workspace === '') return 'id must not be empty'
    if (global && !isDefault) return 'only the default config may be assigned as global'
    if (isChangesOnly && !(isDefault && global)) {
      return 'stateChangesOnly may only be assigned when the config is both default and global'
    }
  }
  const hasDefault = workspaces.length === 1 || workspaces.some((one) => one.default)
  return missing(workspaces.length > 0 && !hasDefault, `at least one ${service} config must be set as default`)
}

function problemOfCluster(cluster: ConfigOf<typeof clusterFields>): string | undefined {
  if (!cluster.enabled) return undefined
  return (
    missing(cluster.id === '', 'id must not be empty') ??
    missing(cluster.brokers.length === 0, 'no brokers specified, must provide at least one broker URL') ??
    problemOfSasl(cluster)
  )
}

function problemOfSasl(cluster: ConfigOf<typeof clusterFields>): string | undefined {
  switch (cluster['sasl-mechanism']) {
    case '':
    case 'PLAIN':
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      break
    case 'OAUTHBEARER':
      return problemOfOauth(cluster)
    case 'GSSAPI':
      // Differs: GSSAPI is refused; Kapacitor speaks it.
      return 'sasl-mechanism GSSAPI needs a Kerberos library, which Kapok does not have: use SCRAM-SHA-512 or OAUTHBEARER'
    default:
      return 'invalid sasl-mechanism'
  }
  return missing(cluster['sasl-version'] === 0, 'sasl-version 0 is that of brokers before Kafka 1.0: use 1')
}

/** Differs: a token that is given needs no client; Kapacitor asks for its id and secret even then. */
function problemOfOauth({
  'sasl-access-token': token,
  'sasl-oauth-service': service,
  'sasl-oauth-token-url': tokenUrl,
  'sasl-oauth-client-id': id,
  'sasl-oauth-client-secret': clientSecret,
  'sasl-oauth-parameters': parameters,
  'sasl-oauth-tenant-id': tenant
}: ConfigOf<typeof clusterFields>): string | undefined {
  if (token !== '') {
    return missing(
      service !== '' || tokenUrl !== '',
      "cannot set 'sasl-access-token' with 'sasl-oauth-service' and 'sasl-oauth-token-url'"
    )
  }
  if (id === '' || clientSecret === '') return "'sasl-oauth-client-id' and 'sasl-oauth-client-secret' are required"
  switch (service.toLowerCase()) {
    case '':
    case 'custom':
      return missing(tokenUrl === '', "'sasl-oauth-token-url' required for custom service")
    case 'auth0':
      return (
        missing(tokenUrl === '', "'sasl-oauth-token-url' required for Auth0") ??
        missing(!parameters['audience'], "'audience' parameter is required for Auth0")
      )
    case 'azuread':
      return (
        missing(tenant === '', "'sasl-oauth-tenant-id' required for AzureAD") ??
        missing(tokenUrl !== '', `'sasl-oauth-token-url' cannot be set for service ${service}`)
      )
    default:
      return `service ${service} not supported`
  }
}

interface Endpoint {
  readonly endpoint: string
  readonly url: string
  readonly 'alert-template': string
  readonly 'alert-template-file': string
  readonly 'row-template': string
  readonly 'row-template-file': string
}

function problemOfEndpoint(endpoint: Endpoint): string | undefined {
  const { endpoint: name, url } = endpoint
  const isTemplate = url.includes('{{')
  return (
    missing(name === '', 'must specify endpoint name') ??
    missing(url === '', 'must specify url') ??
    (isTemplate ? undefined : badUrl(url, 'URL')) ??
    problemOfTemplate('alert-template', endpoint['alert-template'], endpoint['alert-template-file']) ??
    problemOfTemplate('row-template', endpoint['row-template'], endpoint['row-template-file'])
  )
}

function problemOfTemplate(name: string, template: string, file: string): string | undefined {
  return (
    missing(template !== '' && file !== '', `must specify only one of ${name} and ${name}-file`) ??
    missing(file !== '' && !isAbsolute(file), `must use an absolute path for ${name}-file`)
  )
}
