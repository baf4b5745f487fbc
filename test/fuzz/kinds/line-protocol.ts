import type { Random } from '../../support/random.ts'
import { START_NS } from '../generate/points.ts'
import type { Kind } from './index.ts'
import { streamTrial } from './stream-trial.ts'

const NAMES = [
  'm',
  'cpu\\ load',
  'a\\,b',
  'x\\=y',
  'q"t"',
  'é€',
  'back\\slash',
  'end\\\\',
  '\\',
  'cpu.idle',
  "it's",
  '#m',
  'T',
  '1'
]
const KEYS = ['host', 'd\\ c', 'k\\,x', 'k\\=y', 'ü', 'back\\slash', '"q"', 'a.b', '_', 'value', 'f"k']
const TAG_VALUES = ['a', 'b\\ c', 'v\\,w', 'v\\=w', 'é', 'tail\\', '"q"', '1', 'a\\\\b', '/x']
const FLOATS = [
  '1',
  '1.5',
  '-0',
  '1e3',
  '1E-3',
  '+1',
  '.5',
  '5.',
  '1e',
  '1e+',
  '1.2.3',
  '--1',
  '1_000',
  '0x10',
  '1e400',
  '-1e400',
  'NaN',
  'inf',
  '00012'
]
const INTS = [
  '1i',
  '-7i',
  '9223372036854775807i',
  '9223372036854775808i',
  '-9223372036854775808i',
  '1.5i',
  'i',
  '+1i',
  '007i',
  '1u',
  '1I'
]
const BOOLEANS = ['t', 'T', 'true', 'True', 'TRUE', 'f', 'F', 'false', 'False', 'FALSE', 'tRUE', 'yes', 'tr']
const STRINGS = [
  '"abc"', '""', '"a b"', '"a,b=c"', '"q\\"q"', '"back\\\\slash"', '"\\n"', '"line\nend"', '"open', 'abc"', '"abc"xyz', '"abc""de"',
  '"tab\there"', '"é€😀"', '"\\\\"', '"a\\"'
] // prettier-ignore
const TIMES = [
  '',
  ' ',
  ' 1',
  ' -1',
  ' 1500000000',
  ' 9223372036854775807',
  ' 9223372036854775808',
  ' 1.5',
  ' 1e9',
  ' x',
  ' 15000000000000000000000',
  ' 1500000000000000001 ',
  ' 1 2'
]
const WHOLE = ['', '# comment', '#', ' ', ',', '=', 'm', 'm ', 'm,', 'm, v=1', 'm,host v=1', 'm,host= v=1', 'm,=a v=1', 'm =1', 'm v', 'm v=', ' m v=1 1', 'm  v=1 1', '\tm v=1 1', 'm,host=a,host=b v=1 1', 'm,b=1,a=2 v=1 1', 'm v=1,v=2 1', 'm v=1, 1', 'm ,v=1 1', 'm v=1 ,w=2 1', 'm,host=a', ',host=a v=1 1', 'm v=1 1\r'] // prettier-ignore
const MARKS = [' ', ',', '=', '"', '\\', '\n', '', 'i', '-', '1', 'é', '\t', '\r', '\0']

export default {
  name: 'line-protocol',
  summary: 'Bodies of writes: escapes, types, values at their borders, problems.',
  oracles: ['influxd'],
  make(random) {
    const count = 1 + random.int(6)
    // A body each: where one line is bad, none of its body counts.
    const bodies = Array.from({ length: count }, () =>
      Array.from({ length: random.chance(0.8) ? 1 : 3 }, () => line(random))
    )
    const precision = random.chance(0.2) ? `&precision=${random.pick(['n', 'u', 'ms', 's', 'm', 'h', 'ns', 'x'])}` : ''
    const trial = streamTrial('lines as they may come', ['stream|from()', `|httpPost('@CAPTURE@/x')`], bodies)
    return { ...trial, query: `db=@DB@&rp=autogen${precision}` }
  }
} satisfies Kind

function line(random: Random): string {
  if (random.chance(0.15)) return random.pick(WHOLE)
  const tags = Array.from({ length: random.int(3) }, () => `,${random.pick(KEYS)}=${random.pick(TAG_VALUES)}`)
  const fields = Array.from(
    { length: 1 + random.int(3) },
    () => `${random.pick(KEYS)}=${random.pick(random.pick([FLOATS, INTS, BOOLEANS, STRINGS]))}`
  )
  const time = random.chance(0.8) ? ` ${START_NS + BigInt(random.int(1_000_000))}` : random.pick(TIMES)
  const whole = `${random.pick(NAMES)}${tags.join('')} ${fields.join(',')}${time}`
  if (random.chance(0.75)) return whole
  const at = random.int(whole.length)
  return whole.slice(0, at) + random.pick(MARKS) + whole.slice(at + random.int(3))
}
