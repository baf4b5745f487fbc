import { text } from 'node:stream/consumers'
import t from 'tap'
import Reporter from './reporter.ts'

const TAP = `TAP version 14
1..3
# Subtest: a.test.ts
    # Subtest: all is well
        ok 1 - should be equal
        1..1
    ok 1 - all is well # time=1ms
    ok 2 - another # SKIP no database
    1..2
    # time=3ms
ok 1 - a.test.ts # time=3ms

# Subtest: b.test.ts
    # Subtest: it breaks
        ok 1 - should be equal
        # Subtest: inside
            ok 1
            1..1
        ok 2 - inside # time=1ms
        # a remark
        not ok 3 - should be equal
          ---
          diff: |
            ok 1 - is not what this says

            -1
            +2
          ...
        1..3
    not ok 1 - it breaks # time=2ms
      ---
      at: b.test.ts:1
      ...
    1..1
not ok 2 - b.test.ts # time=2ms
  ---
  exitCode: 1
  ...

ok 3 - c.test.ts # time=4ms

# No coverage generated
# { total: 6, pass: 5, fail: 1 }
# time=9ms
`

const REPORT = `ok 1 - a.test.ts # time=3ms
not ok 2 - b.test.ts # time=2ms
ok 3 - c.test.ts # time=4ms

# skipped: another # SKIP no database

# What failed

not ok 2 - b.test.ts # time=2ms
    # Subtest: it breaks
        # a remark
        not ok 3 - should be equal
          ---
          diff: |
            ok 1 - is not what this says

            -1
            +2
          ...
    not ok 1 - it breaks # time=2ms
      ---
      at: b.test.ts:1
      ...
  ---
  exitCode: 1
  ...

# { total: 6, pass: 5, fail: 1 }
# time=9ms
`

t.test('a report has a line for each file, and ends with what was skipped and all that failed', async (t) => {
  for (const size of [TAP.length, 7]) {
    const reporter = new Reporter()
    for (let start = 0; start < TAP.length; start += size) reporter.write(TAP.slice(start, start + size))
    reporter.end()
    t.equal(await text(reporter), REPORT)
  }
})
