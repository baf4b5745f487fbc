import t from 'tap'
import { compileMatch, type MatchEvent } from '../../src/lambda/match.ts'

const EVENT: MatchEvent = {
  level: 2,
  previousLevel: 1,
  name: 'cpu',
  taskName: 'watch',
  durationNs: 90_000_000_000n,
  tags: { host: 'db1', time: 'noon', __proto__: 'x' }
}

function answer(text: string, event = EVENT): string {
  const match = compileMatch(text)
  if (!match.ok) return `!! ${match.error.message}`
  const verdict = match.value.test(event)
  return verdict < 0 ? `! ${match.value.error}` : String(verdict === 1)
}

const CASES: readonly [match: string, verdict: string][] = [
  ['changed() == TRUE', 'true'],
  ['changed()', 'true'],
  ['level() >= WARNING', 'true'],
  ['level() == OK OR level() == INFO', 'false'],
  ['level() < CRITICAL AND "host" =~ /^db/', 'true'],
  ["name() == 'cpu' AND taskName() == 'watch'", 'true'],
  ['alertDuration() > 1m', 'true'],
  ['strHasPrefix("host", \'db\')', 'true'],
  ['"time" == \'noon\'', 'true'],
  ['TRUE', 'true'],
  ['level()', '! TypeGuard: expression returned unexpected type int, expected boolean'],
  ['"nope" == \'x\'', '! no tag exists for nope'],
  ['"toString" == \'x\'', '! no tag exists for toString'],
  ['FALSE AND "nope" == \'x\'', '! no tag exists for nope'],
  ['foo()', '! undefined function: "foo"'],
  ['level(1) > 1', '! Cannot call function "level" with args (1: int), available signatures are [()].'],
  ['!changed(1)', '! error calling "changed": changed takes no arguments'],
  [
    'duration() > 15s',
    '! Cannot call function "duration" with args (), available signatures are [(duration), (float,duration), (int,duration), (string,duration)].'
  ],
  ['level() / 0 == 1', '! runtime error: integer divide by zero'],
  ['level() == warning', '!! unknown identifier "warning"'],
  ["strHasPrefix(true, 'a')", '!! unknown identifier "true"'],
  ["level() > 1 AND !(-name == 'x')", '!! unknown identifier "name"'],
  [
    "TRUE AND 1 > 'a'",
    '!! invalid match expression: Failed to handle right node: mismatched type to binary operator. got int > string. see bool(), int(), float(), string(), duration()'
  ],
  [
    'level() >',
    '!! invalid match expression: parser: unexpected EOF line 1 char 10 in "level() >". expected: "number","string","duration","identifier","TRUE","FALSE","==","(","-","!"'
  ]
]

t.test('a match expression decides on level, names, duration and tags of an event', (t) => {
  for (const [match, verdict] of CASES) t.equal(answer(match), verdict, match)
  t.end()
})

t.test('one match follows its events, and its functions remember', (t) => {
  const match = compileMatch('changed() AND count() < 3')
  if (!match.ok) return t.fail(match.error.message)
  const verdicts = [2, 1, 2, 2, 2].map((level) => match.value.test({ ...EVENT, level }))
  t.strictSame(verdicts, [1, 0, 1, 0, 0])
  t.end()
})
