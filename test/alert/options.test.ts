import t from 'tap'
import { decodeOptions, option } from '../../src/alert/handlers/options.ts'

const schema = {
  url: option.string,
  'capture-response': option.bool,
  interval: option.duration,
  headers: option.texts,
  topics: option.strings,
  links: option.list({ href: option.string }),
  metadata: option.values
}
const zero = { url: '', 'capture-response': false, interval: 0, headers: {}, topics: [], links: [], metadata: {} }

/** Options, and what they are read as or the problems. */
const cases: readonly [unknown, object | string][] = [
  [null, zero],
  [
    { URL: 'x', 'Capture-Response': true },
    { ...zero, url: 'x', 'capture-response': true }
  ],
  [
    { URL: 'x', url: 'y' },
    { ...zero, url: 'y' }
  ],
  [{ url: null, topics: null, headers: null }, zero],
  [{ interval: 4e8 }, { ...zero, interval: 400_000_000 }],
  [{ interval: 10n }, { ...zero, interval: 10 }],
  [
    { topics: ['a'], headers: { A: 'b' }, links: [{ HREF: 'c' }] },
    { ...zero, topics: ['a'], headers: { A: 'b' }, links: [{ href: 'c' }] }
  ],
  [{ metadata: { a: [1, null] } }, { ...zero, metadata: { a: [1, null] } }],
  [{ x: 1, b: 2 }, "* '' has invalid keys: b, x"],
  [{ interval: '1s' }, "* 'interval' expected type 'time.Duration', got unconvertible type 'string'"],
  [{ url: 1 }, "* 'url' expected type 'string', got unconvertible type 'float64'"],
  [{ url: [] }, "* 'url' expected type 'string', got unconvertible type '[]interface {}'"],
  [{ url: {} }, "* 'url' expected type 'string', got unconvertible type 'map[string]interface {}'"],
  [{ topics: 'a' }, "* 'topics': source data must be an array or slice, got string"],
  [{ topics: [true] }, "* 'topics[0]' expected type 'string', got unconvertible type 'bool'"],
  [{ headers: [] }, "* 'headers' expected a map, got 'slice'"],
  [{ headers: { a: 1 } }, "* 'headers[a]' expected type 'string', got unconvertible type 'float64'"],
  [{ links: [{ x: 1 }] }, "* 'links[0]' has invalid keys: x"],
  [{ links: [7] }, "* 'links[0]' expected a map, got 'float64'"],
  [{ url: 1, x: 2 }, "* '' has invalid keys: x\n* 'url' expected type 'string', got unconvertible type 'float64'"]
]

t.test('options are read as Kapacitor reads them, and refused in its words', async (t) => {
  for (const [raw, expected] of cases) {
    const name = String(expected)
    if (typeof expected !== 'string') t.strictSame(decodeOptions('*x.Config', schema, raw), expected, name)
    else {
      const count = expected.split('\n').length
      const message = `failed to decode options into *x.Config: ${count} error(s) decoding:\n\n${expected}`
      t.throws(() => decodeOptions('*x.Config', schema, raw), { message, code: 'HANDLER_OPTIONS' }, name)
    }
  }
})
