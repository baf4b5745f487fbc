import * as field from '../../core/fields.ts'
import * as sections from './sections.ts'

const clusterFields = {
  enabled: sections.enabled,
  id: field.text('Name by which scripts choose the cluster.', 'default'),
  brokers: field.targets('Brokers of the cluster, each as host:port.'),
  timeout: field.duration('Time limit of each request to a broker; 0: 10s.', '0s'),
  'batch-size': field.int('Messages of a batch, as in Kapacitor. Kapok sends each message at once.'),
  'batch-timeout': field.duration('Longest wait for a batch, as in Kapacitor. Kapok sends each message at once.', '0s'),
  'use-ssl': field.flag('Connects by TLS.'),
  ...sections.tls,
  'sasl-username': field.text('User name for SASL.'),
  'sasl-password': field.secret('Password for SASL.'),
  // Differs: the values of sasl_extensions and sasl-oauth-parameters are masked, since they may be tokens; Kapacitor shows them.
  sasl_extensions: field.secretMap('SASL extensions of OAUTHBEARER, by name.'),
  'sasl-mechanism': field.text(
    'SASL mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; empty: PLAIN where there is a user name.'
  ),
  'sasl-version': field.int(
    'Version of the SASL handshake. Version 0, of brokers before Kafka 1.0, is refused.',
    1,
    0,
    1
  ),
  'sasl-gssapi-service-name': field.text('Service name of GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-auth-type': field.text('Way to log in with GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-disable-pafxfast': field.flag('PA-FX-FAST of GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-kerberos-config-path': field.text('File for GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-key-tab-path': field.text('Key table of GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-gssapi-realm': field.text('Realm of GSSAPI, as in Kapacitor. Kapok does not speak GSSAPI.'),
  'sasl-oauth-service': field.text('Token service of OAUTHBEARER: custom, auth0 or azuread; empty: custom.'),
  'sasl-oauth-client-id': field.text('Client id for the token service.'),
  'sasl-oauth-client-secret': field.secret('Client secret for the token service.'),
  'sasl-oauth-token-url': field.target('Address of the token service; that of azuread is known.'),
  'sasl-oauth-scopes': field.texts('Scopes to ask the token service for.'),
  'sasl-oauth-parameters': field.secretMap('Further parameters of requests to the token service, by name.'),
  'sasl-oauth-token-expiry-margin': field.duration('Time before its end at which a token is renewed.', '10s'),
  'sasl-access-token': field.secret('Token of OAUTHBEARER that is used as it is, without a token service.'),
  'sasl-oauth-tenant-id': field.text('Tenant of azuread.')
}

export const kafkaSection = field.list('Kafka, one entry a cluster.', clusterFields, {
  key: 'id',
  initial: [{}],
  problemOf: problemOfCluster
})

function problemOfCluster(cluster: field.ConfigOf<typeof clusterFields>): string | undefined {
  if (!cluster.enabled) return undefined
  return (
    sections.missing(cluster.id === '', 'id must not be empty') ??
    sections.missing(cluster.brokers.length === 0, 'no brokers specified, must provide at least one broker URL') ??
    problemOfSasl(cluster)
  )
}

function problemOfSasl(cluster: field.ConfigOf<typeof clusterFields>): string | undefined {
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
  return sections.missing(cluster['sasl-version'] === 0, 'sasl-version 0 is that of brokers before Kafka 1.0: use 1')
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
}: field.ConfigOf<typeof clusterFields>): string | undefined {
  if (token !== '') {
    return sections.missing(
      service !== '' || tokenUrl !== '',
      "cannot set 'sasl-access-token' with 'sasl-oauth-service' and 'sasl-oauth-token-url'"
    )
  }
  if (id === '' || clientSecret === '') return "'sasl-oauth-client-id' and 'sasl-oauth-client-secret' are required"
  switch (service.toLowerCase()) {
    case '':
    case 'custom':
      return sections.missing(tokenUrl === '', "'sasl-oauth-token-url' required for custom service")
    case 'auth0':
      return (
        sections.missing(tokenUrl === '', "'sasl-oauth-token-url' required for Auth0") ??
        sections.missing(!parameters['audience'], "'audience' parameter is required for Auth0")
      )
    case 'azuread':
      return (
        sections.missing(tenant === '', "'sasl-oauth-tenant-id' required for AzureAD") ??
        sections.missing(tokenUrl !== '', `'sasl-oauth-token-url' cannot be set for service ${service}`)
      )
    default:
      return `service ${service} not supported`
  }
}
