import type { HandlerSpec } from '../../graph/spec.ts'
import type { HandlerKind } from './handler.ts'
import type { ServiceTest } from './service-test.ts'
import aggregate from './aggregate.ts'
import alerta from './alerta.ts'
import bigpanda from './bigpanda.ts'
import discord from './discord.ts'
import exec from './exec.ts'
import hipchat from './hipchat.ts'
import kafka from './kafka.ts'
import log from './log.ts'
import mqtt from './mqtt.ts'
import opsgenie from './opsgenie.ts'
import opsgenie2 from './opsgenie2.ts'
import pagerduty from './pagerduty.ts'
import pagerduty2 from './pagerduty2.ts'
import post from './post.ts'
import publish from './publish.ts'
import pushover from './pushover.ts'
import sensu from './sensu.ts'
import servicenow from './servicenow.ts'
import slack from './slack.ts'
import smtp from './smtp.ts'
import snmptrap from './snmptrap.ts'
import talk from './talk.ts'
import tcp from './tcp.ts'
import teams from './teams.ts'
import telegram from './telegram.ts'
import victorops from './victorops.ts'
import zenoss from './zenoss.ts'

/**
 * Every kind of handler that can deliver, by the name of its section; alert nodes have theirs in this order. To add one:
 * a file, and a line here.
 */
const handlers = {
  httppost: post,
  tcp,
  exec,
  log,
  smtp,
  victorops,
  pagerduty,
  pagerduty2,
  hipchat,
  teams,
  telegram,
  alerta,
  mqtt,
  sensu,
  pushover,
  slack,
  discord,
  opsgenie,
  opsgenie2,
  snmptrap,
  kafka,
  servicenow,
  bigpanda,
  zenoss,
  talk,
  aggregate,
  publish
} as const satisfies Readonly<Record<string, HandlerKind>>

type Handlers = typeof handlers
type WithSection = { [K in keyof Handlers]: Handlers[K]['section'] extends undefined ? never : K }[keyof Handlers]

const entries: readonly (readonly [string, HandlerKind])[] = Object.entries(handlers)
const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1))

/** Every method that puts a handler on an alert node. */
export const handlerSpecs: readonly HandlerSpec[] = entries.flatMap(([, { script }]) => script ?? [])

export const handlerKinds: readonly HandlerKind[] = entries
  .map(([, handler]) => handler)
  .sort((a, b) => (a.kind < b.kind ? -1 : 1))

/** Sections of the configuration, by name. */
export const handlerSections = Object.fromEntries(
  sorted.flatMap(([name, { section }]) => (section === undefined ? [] : [[name, section]]))
) as { readonly [K in WithSection]: Exclude<Handlers[K]['section'], undefined> }

export const serviceTests: readonly ServiceTest[] = sorted.flatMap(([name, { kind, test }]) =>
  test === undefined ? [] : { ...test, name, kind }
)
