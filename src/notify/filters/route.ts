import { InvalidDefinition, param } from '../params.ts'
import { defineFilter } from './filter.ts'

export default defineFilter({
  type: 'route',
  summary: 'Adds routes to the alerts that match, or puts others in their place.',
  params: {
    routes: param.texts('Ids of the routes that an alert gets.', { isShown: true }),
    replace: param.flag('Puts them in the place of the routes that an alert has.', { isShown: true }),
    auto_mute: param.flag('Takes `mute_routes` for a while after an alert was routed.', { isShown: true }),
    mute_seconds: param.int('How many seconds `mute_routes` are taken.', 60),
    mute_routes: param.texts('Ids of the routes that alerts get while the filter is muted.', { isShown: true })
  },
  words: () => (name, problem) => `route: ${name}: ${problem}`,
  open({ routes, replace, auto_mute: isMuting, mute_seconds: muteSeconds, mute_routes: muteRoutes }) {
    if (muteSeconds <= 0) throw InvalidDefinition('route: invalid mute_seconds')
    return {
      newState: (): Mute => ({ untilMs: 0 }),
      restore(mute: Mute, deltas) {
        for (const { untilMs, count } of deltas) mute.untilMs = count > 0 ? untilMs : 0
      },
      apply(alerts, matches, run, mute: Mute) {
        // Differs: decided once a batch; the original sends the first alert of a batch one way and the others another.
        const isMuted = isMuting && run.now.ms < mute.untilMs
        if (isMuting && !isMuted && matches.includes(true)) {
          mute.untilMs = run.now.ms + muteSeconds * 1000
          run.addDelta('', mute.untilMs)
        }
        const added = isMuted ? muteRoutes : routes
        return alerts.map((alert, index) => {
          if (!matches[index]) return alert
          // Differs: no route twice.
          const all = new Set(replace ? added : [...alert.routes, ...added])
          return run.replace(alert, { ...alert, routes: [...all] })
        })
      }
    }
  }
})

interface Mute {
  untilMs: number
}
