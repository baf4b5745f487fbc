import { isAbsolute } from 'node:path'
import {
  type ConfigOf,
  duration,
  flag,
  float,
  int,
  list,
  secret,
  section,
  targets,
  text,
  texts,
  textsMap,
  word
} from '../core/fields.ts'
import { handlerSections } from '../alert/handlers/index.ts'

/** Kapacitor's spelling. */
const UPPER_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const

/** Variables without secrets that programs may rely on. */
const COMMAND_ENVIRONMENT = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']

/** Everything that can be configured. Keys are Kapacitor's where it has them. */
export const sections = {
  hostname: text('Name under which others reach this server.', 'localhost', { minLength: 1 }),
  data_dir: text('Folder of everything that is kept: the store, recordings, ids.', './data', { minLength: 1 }),
  'default-retention-policy': text('Retention policy of points that are written without one.'),
  'skip-config-overrides': flag('Leaves out the settings that clients have made over HTTP.'),

  'config-override': section('Settings of services that clients make over HTTP.', {
    enabled: flag('Lets clients change settings of services over HTTP.', true)
  }),
  http: section('The HTTP API.', {
    'bind-address': text('host:port to listen on; without a host: on all addresses.', 'localhost:9092', {
      format: 'address'
    }),
    'allow-anonymous': flag('Lets everybody in who reaches the server, also where that is not only this machine.'),
    'log-enabled': flag('Logs a line for every HTTP request.', true),
    'max-body-bytes': int('Longest body of a request, packed or not.', 25_000_000, 1),
    'max-write-bytes-in-flight': int(
      'Bytes of writes that are taken in at a time, counted from the first that comes; further ones wait.',
      67_108_864,
      1
    ),
    'max-expensive-requests': int(
      'Requests that cost much (definitions of tasks and templates, recordings, replays, SQL, imports, exports, backups, service tests, users, tokens) that one client may make in a minute; 0: any number.',
      6000
    ),
    'max-request-bytes-in-flight': int(
      'Bytes of the bodies of all other requests that are taken in at a time; further ones wait.',
      67_108_864,
      1
    ),
    'max-connections': int(
      'Connections that are open at a time; requests on further ones are answered 503.',
      10_000,
      1
    ),
    'header-timeout': duration(
      'How long a client may take to send the head of a request; 0: as long as it likes.',
      '10s'
    ),
    'body-idle-timeout': duration(
      'How long a client may pause while it sends a body, which is answered 408 then; 0: as long as it likes.',
      '20s'
    ),
    'body-timeout': duration(
      'How long a client may take to send the body of a request, unless it is an import (recordings.import-timeout); 0: without limit.',
      '5m'
    ),
    'idle-timeout': duration(
      'A connection is closed where no request comes, or the answer is not read, for so long; 0: never.',
      '2m'
    ),
    'write-deadline': duration(
      'A write, or another body, that waits longer than this is answered 503 with Retry-After.',
      '10s'
    ),
    'shutdown-timeout': duration(
      'How long a stop waits for requests under way, at most 4s: a stop as a whole takes less than 10s.',
      '4s'
    ),
    'https-enabled': flag('Speaks HTTPS on bind-address, and on notify.listen.'),
    'https-certificate': text(
      'File with the certificate of HTTPS and those between it and its root, as PEM; read anew when it changes.',
      '/etc/ssl/kapacitor.pem'
    ),
    'https-private-key': text(
      'File with the private key of the certificate of HTTPS; empty: the file of the certificate has it.'
    ),
    'https-client-ca': text('File with the authorities one of which must have signed the certificate of a client.'),
    'unix-socket': text('Path of a Unix socket that the API is served at, too, without TLS.'),
    'trusted-proxies': texts(
      'Addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.'
    ),
    'allowed-hosts': texts(
      'Names by which requests may address the server, beside hostname, the name of the machine, the bound address ' +
        'and loopback; *: every one.'
    ),
    'allowed-origins': texts('Origins, as https://example.com, whose web pages may use the API; *: every one.'),
    'auth-enabled': flag('Asks every request who makes it: a user, or the holder of a token.'),
    'shared-secret': secret('Secret by which JSON Web Tokens of users are signed; empty: none is accepted.')
  }),
  tls: section('TLS of HTTPS.', {
    'min-version': word('Oldest version of TLS that clients may speak.', ['TLS1.2', 'TLS1.3'], 'TLS1.2')
  }),
  audit: section('Who changed what over the API, and which files did.', {
    'max-rows': int('Changes that the audit keeps.', 100_000, 1),
    retention: duration('How long the audit keeps a change.', '8760h')
  }),
  backup: section('Backups of the store, which hold users, tokens and the secrets that clients have set over HTTP.', {
    passphrase: secret('Passphrase that backups are encrypted with, in the format of age; empty: they are not.')
  }),
  auth: section('Users of the HTTP API, where http.auth-enabled asks for them.', {
    enabled: flag("Kapacitor's switch for its users, which Kapok always has: it asks for http.auth-enabled, too."),
    'admin-user': text('Name of the admin that the server makes when it has none.', 'admin'),
    'admin-password': secret('Password of the admin that the server makes when it has none.'),
    'scrypt-cost': int(
      'Base-2 logarithm of the cost (N) of hashes of passwords; each step doubles time and memory.',
      15,
      10,
      20
    )
  }),
  logging: section('The log, JSON lines on standard error.', {
    level: word(
      'Level below which lines are left out of the log.',
      ['debug', 'info', 'warn', 'error', ...UPPER_LEVELS],
      'info'
    )
  }),
  shards: section('Worker threads that run tasks.', {
    count: int('Number of shards, the threads that run tasks; 0: one less than there are cores, at least one.'),
    'max-heap-mib': int('Heap of one shard, in MiB; past it the shard is started anew.', 2048, 64),
    'stall-limit': duration(
      'A shard that gets no further for so long is started anew, and what it worked on, a task as a rule, is set aside; 0: never.',
      '10s'
    ),
    'max-series': int('Series that each database and retention policy remembers.', 1_000_000, 1),
    'max-line-fields': int('Fields that one line of line protocol may hold; a longer one is refused.', 10_000, 1),
    'max-line-tags': int('Tags that one line of line protocol may hold; a longer one is refused.', 1000, 1),
    'max-pending': int('Requests under way of a task at which its writers wait.', 1000, 1),
    'max-loopback-hops': int(
      'How many times tasks may write a point back by kapacitorLoopback; further on it is dropped and counted.',
      32,
      1
    ),
    'max-loopback-bytes': int(
      'Bytes that tasks of one thread have written back and others have still to read; further points are dropped and counted.',
      67_108_864,
      1024
    )
  }),
  batch: section('Batch tasks.', {
    'time-zone': text('Time zone of cron schedules, as in Europe/Berlin; empty: that of the machine.')
  }),
  recordings: section('Recordings, and imports of files that become some.', {
    'max-bytes': int(
      'Size at which a recording ends as failed, with what it has until then; 0: without limit.',
      10_737_418_240
    ),
    'max-import-bytes': int('Longest file that a client may import as a recording.', 1_073_741_824, 1),
    'import-timeout': duration(
      'How long a client may take to send a file that it imports; http.body-idle-timeout holds, too. 0: without limit.',
      '1h'
    )
  }),
  alert: section('Topics, what is sent to their handlers, and the history of it all.', {
    'persist-topics': flag('Keeps the levels of topics over a restart.', true),
    'disabled-handlers': texts('Kinds of handlers that take events and do nothing with them.'),
    'blocked-cidrs': texts('Older name of security.blocked-cidrs; both count.'),
    'topic-buffer-length': int(
      'Events for one handler that are kept in memory; further ones wait in the store.',
      5000,
      2
    ),
    'max-backlog': int('Events of one shard that wait to be stored at which writers wait.', 20_000, 1),
    'outbox-max-entries': int(
      'Events that may wait for one handler; then the oldest become dead letters.',
      1_000_000,
      1
    ),
    'outbox-max-age': duration('An event whose receiver is away for longer becomes a dead letter.', '24h'),
    'outbox-attempts': int('Attempts at an event that its receiver answers with an error.', 20, 1),
    'attempt-timeout': duration('How long one attempt at a delivery may take.', '1m'),
    'retry-min': duration(
      'First wait after a delivery has failed; it doubles with each further failure, up to retry-max.',
      '1s'
    ),
    'retry-max': duration('Longest wait between attempts at a delivery.', '1m'),
    'dead-letters-max': int('Dead letters that are kept.', 10_000),
    'dead-letters-retention': duration('How long dead letters are kept.', '168h'),
    'history-max-rows': int('Changes of levels that are kept as history.', 1_000_000),
    'history-retention': duration('How long changes of levels are kept as history.', '720h')
  }),
  security: section(
    'What users of the server cannot make it do.',
    {
      'blocked-cidrs': texts(
        'Networks, as 10.0.0.0/8, that handlers, routes and nodes send nothing to, by whatever name; private: all that the internet does not route. Clusters of InfluxDB, which this file alone names, may be there.'
      ),
      'allow-commands': texts(
        'Absolute paths of programs, or of folders with programs, that handlers, scripts, filters and routes may run, with whatever arguments; *: every program.'
      ),
      'command-environment': texts(
        "Names of the server's environment variables that the programs get.",
        COMMAND_ENVIRONMENT
      ),
      'log-folders': texts(
        'Folders below which log handlers may write; none: the folder logs of data_dir, and the temporary folder of the system.'
      )
    },
    securityProblem
  ),
  notify: section('The pool of alerts, its filters and routes.', {
    'initial-interval': duration('Pause before a batch of alerts goes out; it doubles as long as alerts come.', '30s'),
    'max-interval': duration('Longest pause before a batch of alerts goes out.', '30s'),
    'auth-token': secret(
      'Bearer token of /alerts, /filters and /routes, and without http.auth-enabled of the configuration and the ' +
        'backup; empty: none is asked for.'
    ),
    'post-token': secret('Bearer token that only allows POST /alerts.'),
    'fallback-route': text('Route of alerts that have none.'),
    'from-topics': texts('Patterns of topics whose events all enter the pool.'),
    'max-waiting': int('Alerts that may wait in the pool; further ones are answered 503.', 100_000, 1),
    'max-waiting-bytes': int(
      'Bytes that alerts which wait in the pool may take, as JSON; further ones are answered 503.',
      268_435_456,
      1
    ),
    'script-timeout': duration('How long a program (JavaScript of a filter or route) may run over an alert.', '1s'),
    'script-batch-timeout': duration(
      'How long a program (JavaScript of a filter or route) may run over all alerts of a batch.',
      '1m'
    ),
    'script-late-runs': int(
      'Runs of a program over alerts of one batch that may meet script-timeout; it is not run over the alerts after them.',
      3,
      1
    ),
    'script-memory-mib': int('Memory of a program (JavaScript of a filter or route), in MiB.', 128, 1),
    'script-stack-kib': int('Stack of a program (JavaScript of a filter or route), in KiB.', 256, 16, 4096),
    folder: text('Folder of filters, routes, scripts and templates.', 'config', { minLength: 1 }),
    listen: text(
      'host:port that serves alerts, filters and routes, too, as :19898 does in kkok; empty: only the address of http.'
    )
  }),
  load: section('Templates, tasks and handlers of topics from files.', {
    enabled: flag('Loads templates, tasks and handlers from files, at the start and when they change.'),
    dir: text('Folder with templates/*.tick, tasks/*.tick, tasks/*.yaml and handlers/*.yaml.', './load', {
      minLength: 1
    })
  }),
  maildir: list('Folders of mails that become alerts.', {
    enabled: flag('Turns the folder on.', true),
    dir: text(
      'Absolute path of the folder; mails come into new, and go to cur, or to bad where they cannot be read.',
      '/var/mail/kapok'
    ),
    interval: duration('How often the folder of mails is looked into.', '10s'),
    remove: flag('Deletes mails that were taken in, instead of moving them to cur.')
  }),
  deadman: section('Defaults of |deadman().', {
    interval: duration('How often a deadman counts points.', '10s'),
    threshold: float('Points in an interval at or below which a deadman raises its alert.'),
    id: text('Template of the id of the alert of a deadman.', "{{ .Group }}:NODE_NAME for task '{{ .TaskName }}'"),
    message: text(
      'Template of the message of the alert of a deadman.',
      '{{ .ID }} is {{ if eq .Level "OK" }}alive{{ else }}dead{{ end }}: {{ index .Fields "emitted" | printf "%0.3f" }} points/INTERVAL.'
    ),
    global: flag('Adds a deadman to every task.')
  }),
  stats: section("The server's own statistics, as points that tasks can read.", {
    enabled: flag('Makes points of the statistics of the server.', true),
    'stats-interval': duration('How often points of statistics are made.', '10s'),
    database: text('Database that points of statistics appear in.', '_kapacitor'),
    'retention-policy': text('Retention policy that points of statistics appear in.', 'autogen')
  }),
  influxdb: list(
    'InfluxDB 1.x clusters.',
    {
      enabled: flag('Turns the cluster on.', true),
      name: text('Name by which scripts choose the cluster.', 'default', { minLength: 1 }),
      default: flag('Makes the cluster that of scripts which name none.'),
      urls: targets('Addresses of the servers of the cluster; requests take turns.', ['http://localhost:8086']),
      username: text('User name at InfluxDB.'),
      password: secret('Password at InfluxDB.'),
      token: secret('Token for InfluxDB, instead of user name and password.'),
      'http-shared-secret': flag(
        'Signs a token for the user with http.shared-secret, which InfluxDB has, too, instead of the password.'
      ),
      'ssl-ca': text('File that holds the certificate authority to trust.'),
      'ssl-cert': text('File that holds the client certificate.'),
      'ssl-key': text('File that holds the key of the client certificate; empty: the file of the certificate has it.'),
      'insecure-skip-verify': flag('Accepts any TLS certificate of InfluxDB.'),
      timeout: duration('Time limit of a request to InfluxDB; 0: none.', '0s'),
      'disable-subscriptions': flag('Makes no subscriptions, by which InfluxDB sends what is written to it.'),
      'subscription-protocol': word(
        'Protocol by which InfluxDB sends what is written to it.',
        ['http', 'https', 'udp'],
        'http'
      ),
      'subscription-mode': word(
        'Who subscribes: all servers of a cluster together, or each server for itself.',
        ['cluster', 'server'],
        'cluster'
      ),
      subscriptions: textsMap('Retention policies by database to subscribe to; none: all there are.'),
      'excluded-subscriptions': textsMap('Retention policies by database not to subscribe to.', {
        _kapacitor: ['autogen']
      }),
      'subscription-path': text('Path before that of writes in the addresses of subscriptions.'),
      'subscriptions-sync-interval': duration(
        'How often subscriptions are compared with the databases of InfluxDB; 0: only at the start.',
        '1m'
      ),
      'startup-timeout': duration(
        'How long InfluxDB may give no answer at the start until the log says so again.',
        '5m'
      ),
      'kapacitor-hostname': text('Host in the addresses of subscriptions; empty: hostname.'),
      'http-port': int('Port in the addresses of subscriptions; 0: that of http.bind-address.'),
      'udp-bind': text('Address at which datagrams of subscriptions are received; empty: all.'),
      'udp-buffer': int('Datagrams of a subscription that may wait to be processed.', 1000, 1),
      'udp-read-buffer': int('Bytes of datagrams that the system keeps for a subscription; 0: its own default.'),
      compression: word('Compression of what is written to InfluxDB.', ['gzip', 'none'], 'gzip')
    },
    { key: 'name', initial: [{}] }
  ),
  ...handlerSections
}

function securityProblem({
  'allow-commands': commands,
  'command-environment': variables,
  'log-folders': folders
}: {
  readonly [K in 'allow-commands' | 'command-environment' | 'log-folders']: readonly string[]
}): string | undefined {
  const oddCommand = commands.find((path) => path !== '*' && !isAbsolute(path))
  if (oddCommand !== undefined) return `allow-commands: ${JSON.stringify(oddCommand)} is neither an absolute path nor *`
  const oddVariable = variables.find((name) => !/^[A-Za-z_]\w*$/.test(name))
  if (oddVariable !== undefined) return `command-environment: ${JSON.stringify(oddVariable)} is no name of a variable`
  const oddFolder = folders.find((path) => !isAbsolute(path))
  return oddFolder === undefined ? undefined : `log-folders: ${JSON.stringify(oddFolder)} is no absolute path`
}

export type Config = ConfigOf<typeof sections>
