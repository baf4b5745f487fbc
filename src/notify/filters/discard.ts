import { defineFilter } from './filter.ts'

export default defineFilter({
  type: 'discard',
  summary: 'Removes the alerts that match; all of them without a condition.',
  params: {},
  words: () => (_, problem) => problem,
  open: () => ({
    newState: () => undefined,
    apply: (alerts, matches) => alerts.filter((_, index) => !matches[index])
  })
})
