import t from 'tap'
import { parseGoTime } from '../../src/core/go-time.ts'
import { formatInstant } from '../../src/core/instant.ts'

/** What time.Time of Go 1.26 makes of texts in JSON. */
const CASES: readonly (readonly [text: string, answer: string])[] = [
  ['tomorrow', 'parsing time "tomorrow" as "2006-01-02T15:04:05Z07:00": cannot parse "tomorrow" as "2006"'],
  ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
  [
    '2017-07-14 02:40:00',
    'parsing time "2017-07-14 02:40:00" as "2006-01-02T15:04:05Z07:00": cannot parse " 02:40:00" as "T"'
  ],
  ['2017-07-14T02:40:00Z', '2017-07-14T02:40:00Z'],
  ['2017-07-14T2:40:00Z', '2017-07-14T02:40:00Z'],
  ['2017-07-14T02:40:00,5Z', '2017-07-14T02:40:00.5Z'],
  ['2017-07-14T02:40:00.5Z', '2017-07-14T02:40:00.5Z'],
  ['2017-07-14T02:40:00+24:00', '2017-07-13T02:40:00Z'],
  ['2017-07-14T02:40:00+23:60', '2017-07-13T02:40:00Z'],
  ['2017-07-14T02:40:00+02:00', '2017-07-14T00:40:00Z'],
  ['2017-07-14T02:40:00.1234567891234Z', '2017-07-14T02:40:00.123456789Z'],
  ['2017-13-14T02:40:00Z', 'parsing time "2017-13-14T02:40:00Z": month out of range'],
  ['2017-00-14T02:40:00Z', 'parsing time "2017-00-14T02:40:00Z": month out of range'],
  ['2017-02-30T02:40:00Z', 'parsing time "2017-02-30T02:40:00Z": day out of range'],
  ['2017-02-32T02:40:00Z', 'parsing time "2017-02-32T02:40:00Z": day out of range'],
  ['2017-02-00T02:40:00Z', 'parsing time "2017-02-00T02:40:00Z": day out of range'],
  ['2017-07-14T24:40:00Z', 'parsing time "2017-07-14T24:40:00Z": hour out of range'],
  ['2017-07-14T02:60:00Z', 'parsing time "2017-07-14T02:60:00Z": minute out of range'],
  ['2017-07-14T02:40:60Z', 'parsing time "2017-07-14T02:40:60Z": second out of range'],
  [
    '2017-07-14T02:40:00',
    'parsing time "2017-07-14T02:40:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'
  ],
  ['2017-07-14T02:40:00Zx', 'parsing time "2017-07-14T02:40:00Zx": extra text: "x"'],
  [
    '2017-07-14T02:40:00x',
    'parsing time "2017-07-14T02:40:00x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "Z07:00"'
  ],
  ['2017-07-14T02:40Z', 'parsing time "2017-07-14T02:40Z" as "2006-01-02T15:04:05Z07:00": cannot parse "Z" as ":"'],
  ['2017-07-14', 'parsing time "2017-07-14" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
  [
    '17-07-14T02:40:00Z',
    'parsing time "17-07-14T02:40:00Z" as "2006-01-02T15:04:05Z07:00": cannot parse "17-07-14T02:40:00Z" as "2006"'
  ],
  [
    '2017-7-14T02:40:00Z',
    'parsing time "2017-7-14T02:40:00Z" as "2006-01-02T15:04:05Z07:00": cannot parse "7-14T02:40:00Z" as "01"'
  ],
  ['2017-07-1', 'parsing time "2017-07-1" as "2006-01-02T15:04:05Z07:00": cannot parse "1" as "02"'],
  [
    '2017-07-14T02:40:00.Z',
    'parsing time "2017-07-14T02:40:00.Z" as "2006-01-02T15:04:05Z07:00": cannot parse ".Z" as "Z07:00"'
  ],
  [
    '2017-07-14T02:40:0Z',
    'parsing time "2017-07-14T02:40:0Z" as "2006-01-02T15:04:05Z07:00": cannot parse "0Z" as "05"'
  ],
  [
    '2017-07-14T02:4:00Z',
    'parsing time "2017-07-14T02:4:00Z" as "2006-01-02T15:04:05Z07:00": cannot parse "4:00Z" as "04"'
  ],
  ['é', 'parsing time "\\xc3\\xa9" as "2006-01-02T15:04:05Z07:00": cannot parse "\\xc3\\xa9" as "2006"'],
  [
    '2017-07-14T02:40:00+2:00',
    'parsing time "2017-07-14T02:40:00+2:00" as "2006-01-02T15:04:05Z07:00": cannot parse "+2:00" as "Z07:00"'
  ],
  [
    '2017-07-14T02:40:00+0200',
    'parsing time "2017-07-14T02:40:00+0200" as "2006-01-02T15:04:05Z07:00": cannot parse "+0200" as "Z07:00"'
  ],
  ['2017-07-14T02:40:00-23:59', '2017-07-15T02:39:00Z'],
  ['2017-07-14T02:40:00+24:60', '2017-07-13T01:40:00Z'],
  ['2017-07-14T02:40:00+25:00', 'parsing time "2017-07-14T02:40:00+25:00": time zone offset hour out of range'],
  ['2017-07-14T2:40:00,5Z', '2017-07-14T02:40:00.5Z'],
  [
    '2017-07-14T02:40:00z',
    'parsing time "2017-07-14T02:40:00z" as "2006-01-02T15:04:05Z07:00": cannot parse "z" as "Z07:00"'
  ],
  [
    '2017-07-14t02:40:00Z',
    'parsing time "2017-07-14t02:40:00Z" as "2006-01-02T15:04:05Z07:00": cannot parse "t02:40:00Z" as "T"'
  ],
  [
    '10000-07-14T02:40:00Z',
    'parsing time "10000-07-14T02:40:00Z" as "2006-01-02T15:04:05Z07:00": cannot parse "0-07-14T02:40:00Z" as "-"'
  ],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z']
]

t.test("a time in JSON is read, or refused in Go's words", (t) => {
  for (const [text, answer] of CASES) {
    const found = parseGoTime(text)
    t.equal(typeof found === 'string' ? found : formatInstant(found), answer, text)
  }
  t.end()
})
