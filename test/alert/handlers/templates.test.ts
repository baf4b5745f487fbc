import t from 'tap'
import { DeliveryError } from '../../../src/alert/handlers/delivery-error.ts'
import { collected } from '../support.ts'
import { handlerKinds } from '../../../src/alert/handlers/index.ts'
import { HandlerFactory } from '../../../src/alert/handler-factory.ts'
import type { HandlerCall } from '../../../src/graph/spec.ts'
import { depsOf, openHandler, optionsIn } from './rig.ts'
import { callsIn } from './script.ts'

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

t.test('a problem in a script names the handler and the option', async (t) => {
  const bad = '{{ .Name'
  const problems: readonly (readonly [script: string, message: string])[] = [
    [`.alerta().resource('${bad}')`, 'Alerta handler: template: resource:1: unclosed action'],
    [`.alerta().services('good', '${bad}')`, 'Alerta handler: template: service:1: unclosed action'],
    [`.alerta().attribute('floor', '${bad}')`, 'Alerta handler: template: floor:1: unclosed action'],
    [`.bigPanda().host('${bad}')`, 'BigPanda handler: template: host:1: unclosed action'],
    [`.discord().embedTitle('${bad}')`, 'Discord handler: template: embedTitle:1: unclosed action'],
    [`.email().toTemplates('good', '${bad}')`, 'SMTP handler: template: 1:1: unclosed action'],
    [
      `.kafka().cluster('c').kafkaTopic('t').template('${bad}')`,
      'kafka handler: failed to parse template: template: kafka alert template:1: unclosed action'
    ],
    [`.kafka().cluster('other')`, 'kafka handler: unknown cluster "other"'],
    [`.mqtt('${bad}')`, 'MQTT handler: template: topic:1: unclosed action'],
    [`.pagerDuty2().link('${bad}')`, 'PagerDuty2 handler: template: href:1: unclosed action'],
    [`.pagerDuty2().link('a', '${bad}')`, 'PagerDuty2 handler: template: text:1: unclosed action'],
    [
      `.post('http://a/${bad}')`,
      'HTTPPostService.Handler: failed to parse template: template: body:1: unclosed action'
    ],
    [
      `.post().endpoint('bad')`,
      'HTTPPostService.Handler: failed to get alert-template for endpoint "bad": failed to parse template: ' +
        'template: body:1: unclosed action'
    ],
    [
      `.post().endpoint('other')`,
      'HTTPPostService.Handler: An appropriately formatted url must be specified if an endpoint is not specified'
    ],
    [`.sensu().source('${bad}')`, 'sensu alert handler: template: source:1: unclosed action'],
    [`.serviceNow().node('${bad}')`, 'ServiceNow handler: template: node:1: unclosed action'],
    [
      `.serviceNow().additionalInfo('a', '${bad}')`,
      'ServiceNow handler: template: additional_info.a:1: unclosed action'
    ],
    [`.snmpTrap('1.3').data('1.3.1', 's', '${bad}')`, 'SNMP handler: template: data:1: unclosed action'],
    [`.zenoss().eventClass('${bad}')`, 'Zenoss handler: template: evclass:1: unclosed action']
  ]
  const config = { ...CONFIG, httppost: [{ endpoint: 'bad', url, 'alert-template': bad }] }
  const factory = new HandlerFactory(handlerKinds, depsOf(config))
  for (const [script, message] of problems) {
    const [{ kind, options }] = callsIn(script) as [HandlerCall]
    t.throws(() => factory.openCall(kind, options), { message: `failed to create ${message}` }, script)
  }
})
