import t from 'tap'
import { DeliveryError } from '../../../src/alert/handlers/handler.ts'
import { collected } from '../support.ts'
import { openHandler, optionsIn } from './rig.ts'

const HOSTILE = '{{ range $.Fields }}'.repeat(9) + '{{ end }}'.repeat(9)
const HOSTILE_DATA =
  '{{ range $.Data.Series }}' + '{{ range (index $.Data.Series 0).Values }}'.repeat(9) + '{{ end }}'.repeat(10)

const FIELDS = Object.fromEntries(
  Array.from({ length: 50 }, (_, index) => [`f${index}`, { type: 'float', value: index }] as const)
)
const values = Array.from({ length: 50 }, (_, index) => ['2017-07-14T02:40:00Z', index])
const EVENT = collected({
  fields: FIELDS,
  dataJson: JSON.stringify({ series: [{ name: 'cpu', columns: ['time', 'v'], values }] })
})

const url = 'http://127.0.0.1:9/'
const CONFIG: Readonly<Record<string, unknown>> = {
  alerta: { enabled: true, url, token: 'T', origin: 'o', environment: 'e' },
  bigpanda: { enabled: true, url, token: 'T', 'app-key': 'K' },
  discord: [{ enabled: true, url, default: true, workspace: 'w' }],
  kafka: [{ enabled: true, id: 'c', brokers: ['127.0.0.1:9'] }],
  mqtt: [{ enabled: true, name: 'b', default: true, url: 'tcp://127.0.0.1:9' }],
  pagerduty2: { enabled: true, url, 'routing-key': 'K' },
  httppost: [{ endpoint: 'e', url, 'alert-template': HOSTILE_DATA }],
  sensu: { enabled: true, addr: '127.0.0.1:9', source: 's' },
  servicenow: { enabled: true, url },
  smtp: { enabled: true, host: '127.0.0.1', port: 9, from: 'a@b.example', to: ['c@d.example'] },
  snmptrap: { enabled: true, addr: '127.0.0.1:9', community: 'c' },
  zenoss: { enabled: true, url }
}

const SCRIPTS = [
  ...['resource', 'event', 'environment', 'group', 'value', 'services', 'correlated'].map(
    (option) => `.alerta().${option}('${HOSTILE}')`
  ),
  `.alerta().attribute('a', '${HOSTILE}')`,
  `.bigPanda().host('${HOSTILE}')`,
  `.bigPanda().attribute('a', '${HOSTILE}')`,
  `.discord().embedTitle('${HOSTILE}')`,
  `.email().toTemplates('${HOSTILE}')`,
  `.kafka().cluster('c').kafkaTopic('t').template('${HOSTILE_DATA}')`,
  `.mqtt('${HOSTILE}')`,
  `.pagerDuty2().link('${HOSTILE}', 'text')`,
  `.pagerDuty2().link('http://a.example', '${HOSTILE}')`,
  `.post('${url}${HOSTILE_DATA}')`,
  `.post().endpoint('e')`,
  `.sensu().source('${HOSTILE}')`,
  ...['node', 'type', 'resource', 'metricName', 'messageKey'].map((option) => `.serviceNow().${option}('${HOSTILE}')`),
  `.serviceNow().additionalInfo('a', '${HOSTILE}')`,
  `.snmpTrap('1.3').data('1.3.1', 's', '${HOSTILE}')`,
  ...['summary', 'device', 'component', 'message', 'eventClass'].map((option) => `.zenoss().${option}('${HOSTILE}')`),
  `.zenoss().customField('a', '${HOSTILE}')`
]

for (const script of SCRIPTS) {
  t.test(`${script.slice(0, 40)} refuses an event that its template takes too many steps for`, async (t) => {
    const { kind, options } = optionsIn(script)
    const handler = openHandler(kind, options, CONFIG)
    t.teardown(() => handler.close?.())
    const error: unknown = await handler.send(EVENT).catch((error: unknown) => error)
    t.ok(error instanceof DeliveryError, String(error))
    t.match(error, { failure: 'refused', message: /^template: .*: rendering takes more than 1000000 steps: / })
  })
}
