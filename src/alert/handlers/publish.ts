import { defineHandler } from './handler.ts'
import { option } from './options.ts'

/** Lets other topics collect the event too, unchanged but for the previous level: theirs, where they know the id. */
export default defineHandler({
  kind: 'publish',
  goType: '*alert.PublishHandlerConfig',
  options: { topics: option.strings },
  open: ({ topics }, { publish }) => ({
    receive(event) {
      for (const topic of topics) publish(topic, event)
    }
  })
})
