import type { HandlerSpec } from '../../graph/spec.ts'
import { script as alerta } from './alerta.ts'
import { script as bigpanda } from './bigpanda.ts'
import { script as discord } from './discord.ts'
import { script as exec } from './exec.ts'
import { script as hipchat } from './hipchat.ts'
import { script as kafka } from './kafka.ts'
import { script as log } from './log.ts'
import { script as mqtt } from './mqtt.ts'
import { script as opsgenie } from './opsgenie.ts'
import { script as opsgenie2 } from './opsgenie2.ts'
import { script as pagerduty } from './pagerduty.ts'
import { script as pagerduty2 } from './pagerduty2.ts'
import { script as post } from './post.ts'
import { script as pushover } from './pushover.ts'
import { script as sensu } from './sensu.ts'
import { script as servicenow } from './servicenow.ts'
import { script as slack } from './slack.ts'
import { script as smtp } from './smtp.ts'
import { script as snmptrap } from './snmptrap.ts'
import { script as talk } from './talk.ts'
import { script as tcp } from './tcp.ts'
import { script as teams } from './teams.ts'
import { script as telegram } from './telegram.ts'
import { script as victorops } from './victorops.ts'
import { script as zenoss } from './zenoss.ts'

/** Every handler that a script can put on an alert node. */
export const handlerSpecs: readonly HandlerSpec[] = [
  post,
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
  talk
]
