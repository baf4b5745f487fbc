import { formatInstant } from '../../core/instant.ts'
import type { Alert } from '../alert.ts'
import { commonEvent } from '../event-alert.ts'
import { param } from '../params.ts'
import { defineFilter } from './filter.ts'
import { refuse } from './freq.ts'
import { keysOf } from './key.ts'

export default defineFilter({
  type: 'group',
  summary: 'Makes one alert of all that match and are alike; they become its Sub.',
  params: {
    by: param.program('JavaScript over `alert`: which group an alert is in. Default: all are in one.'),
    from: param.text('From of the new alert, where those of its members differ. Default: filter:ID.'),
    title: param.text('Title of the new alert, where those of its members differ. Default: merged alert.'),
    message: param.text('Message of the new alert, where those of its members differ.'),
    routes: param.texts('Routes of the new alert; those of its members are not taken over.')
  },
  words: () => (name, problem) => `group: ${name}: ${problem}`,
  async open({ by, from, title, message, routes }, { id, prepare }) {
    const script = by === '' ? undefined : await prepare(by, 'alert').catch(refuse('group: by'))
    const defaults = { from: from || `filter:${id}`, host: 'localhost', title: title || 'merged alert', message }
    return {
      newState: () => undefined,
      async apply(alerts, matches, run) {
        const rest: Alert[] = []
        const groups = new Map<string, Alert[]>()
        const keys = (
          await keysOf(
            alerts.filter((_, index) => matches[index]),
            script
          )
        ).values()
        for (const [index, alert] of alerts.entries()) {
          const found = matches[index] ? keys.next().value! : undefined
          if (found === undefined) rest.push(alert)
          else if (!found.ok) rest.push(run.fail(alert, found.message))
          else addTo(groups, found.key, alert)
        }
        const date = formatInstant(run.now)
        // Differs: in the order of their first alerts, where the original's is random.
        const merged = [...groups.values()].map((members) => {
          if (members.length === 1) return members[0]!
          const texts = merge(members, defaults)
          const alert = { ...texts, date, routes, info: {}, ...commonEvent(members), sub: members, stats: {} }
          for (const member of members) run.replace(member, alert)
          return alert
        })
        return [...rest, ...merged]
      }
    }
  }
})

type Texts = Pick<Alert, 'from' | 'host' | 'title' | 'message'>

/** What they have in common. */
function merge(members: readonly Alert[], defaults: Texts): Texts {
  const common = (name: keyof Texts): string => {
    const text = members[0]![name]
    return members.every((member) => member[name] === text) ? text : defaults[name]
  }
  return { from: common('from'), host: common('host'), title: common('title'), message: common('message') }
}

function addTo(groups: Map<string, Alert[]>, key: string, alert: Alert): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [alert])
  else group.push(alert)
}
