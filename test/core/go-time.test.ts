import t from 'tap'
import { parseJsonTime } from '../../src/core/go-time.ts'
import { formatInstant } from '../../src/core/instant.ts'

const AS = 'as "\\"2006-01-02T15:04:05Z07:00\\"": cannot parse'

const CASES: Readonly<Record<string, string>> = {
  '"2017-07-14T02:40:00Z"': '2017-07-14T02:40:00Z',
  '"2017-07-14T04:40:00.5+02:00"': '2017-07-14T02:40:00.5Z',
  '"0001-01-01T00:00:00Z"': '0001-01-01T00:00:00Z',
  '"tomorrow"': `parsing time "\\"tomorrow\\"" ${AS} "tomorrow\\"" as "2006"`,
  '"2017-07-14 02:40:00"': `parsing time "\\"2017-07-14 02:40:00\\"" ${AS} " 02:40:00\\"" as "T"`,
  '1500000000': `parsing time "1500000000" ${AS} "1500000000" as "\\""`,
  '""': `parsing time "\\"\\"" ${AS} "\\"" as "2006"`,
  '"2017-07-14T02:40:00"': `parsing time "\\"2017-07-14T02:40:00\\"" ${AS} "\\"" as "Z07:00"`,
  '"2017-13-14T02:40:00Z"': 'parsing time "\\"2017-13-14T02:40:00Z\\"": month out of range',
  '"2017-07-14T25:40:00Z"': 'parsing time "\\"2017-07-14T25:40:00Z\\"": hour out of range',
  '"2017-07-14T02:40:00Z" ': 'parsing time "\\"2017-07-14T02:40:00Z\\" ": extra text: " "'
}

t.test("a time in JSON is read, or refused in Go's words", (t) => {
  for (const [json, want] of Object.entries(CASES)) {
    const found = parseJsonTime(json)
    t.equal(typeof found === 'string' ? found : formatInstant(found), want, json)
  }
  t.end()
})
