import type { ServiceTest } from './service-test.ts'
import { test as alerta } from './alerta.ts'
import { test as bigpanda } from './bigpanda.ts'
import { test as discord } from './discord.ts'
import { test as hipchat } from './hipchat.ts'
import { test as kafka } from './kafka.ts'
import { test as mqtt } from './mqtt.ts'
import { test as opsgenie } from './opsgenie.ts'
import { test as opsgenie2 } from './opsgenie2.ts'
import { test as pagerduty } from './pagerduty.ts'
import { test as pagerduty2 } from './pagerduty2.ts'
import { test as httppost } from './post.ts'
import { test as pushover } from './pushover.ts'
import { test as sensu } from './sensu.ts'
import { test as servicenow } from './servicenow.ts'
import { test as slack } from './slack.ts'
import { test as smtp } from './smtp.ts'
import { test as snmptrap } from './snmptrap.ts'
import { test as talk } from './talk.ts'
import { test as teams } from './teams.ts'
import { test as telegram } from './telegram.ts'
import { test as victorops } from './victorops.ts'
import { test as zenoss } from './zenoss.ts'

/** Try-outs of services, in the order in which clients see them. */
export const serviceTests: readonly ServiceTest[] = [
  alerta,
  bigpanda,
  discord,
  hipchat,
  httppost,
  kafka,
  mqtt,
  opsgenie,
  opsgenie2,
  pagerduty,
  pagerduty2,
  pushover,
  sensu,
  servicenow,
  slack,
  smtp,
  snmptrap,
  talk,
  teams,
  telegram,
  victorops,
  zenoss
]
