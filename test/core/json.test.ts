import t from 'tap'
import { findMember, isJsonObject, JsonNumber, parseJson, plainOf } from '../../src/core/json.ts'

function plain(text: string, source?: 'document' | 'stream'): unknown {
  const result = parseJson(text, source)
  return result.ok ? plainOf(result.value) : result.message
}

t.test('JSON is read as JSON.parse reads it', async (t) => {
  for (const text of [
    'null',
    ' [1, -2.5e3, 0, "a", true, false, null, {}, []] ',
    '{"a": {"b": [{"c": "d"}]}, "a": 2, "": 3}',
    '"\\u0041\\ud83d\\ude00\\n\\"\\\\\\/ é 😀"'
  ]) {
    t.strictSame(plain(text), JSON.parse(text), text)
  }
})

t.test('numbers keep what doubles lose', async (t) => {
  t.equal(plain('9007199254740993'), 9007199254740993n)
  t.equal(plain('12345678901234567890'), 12345678901234567000)
  const cases: [text: string, int: bigint | undefined, float: number | undefined][] = [
    ['1', 1n, 1],
    ['1.0', undefined, 1],
    ['1e2', undefined, 100],
    ['-9223372036854775808', -9223372036854775808n, -9223372036854775808],
    ['9223372036854775808', undefined, 9223372036854775808],
    ['1e400', undefined, undefined]
  ]
  for (const [text, int, float] of cases) {
    const number = new JsonNumber(text)
    t.equal(number.toInt(), int, text)
    t.equal(number.toFloat(), float, text)
  }
})

t.test("problems are told in the words of Go's Unmarshal and Decoder", async (t) => {
  const END = 'unexpected end of JSON input'
  const cases: [text: string, document: string, stream: string][] = [
    ['', END, 'EOF'],
    [' \n', END, 'EOF'],
    ['{"a":', END, 'unexpected EOF'],
    ['"a', END, 'unexpected EOF'],
    ['nul', "invalid character ' ' in literal null (expecting 'l')", 'unexpected EOF'],
    ['-', "invalid character ' ' in numeric literal", 'unexpected EOF']
  ]
  for (const [text, document, stream] of cases) {
    t.equal(plain(text), document, text)
    t.equal(plain(text, 'stream'), stream, text)
  }
  const invalid: [text: string, reason: string][] = [
    ['{a', "'a' looking for beginning of object key string"],
    ['{"a"1', "'1' after object key"],
    ['{"a":1 2', "'2' after object key:value pair"],
    ['[1,]', "']' looking for beginning of value"],
    ['[1 2]', "'2' after array element"],
    ['1.x', "'x' after decimal point in numeric literal"],
    ['1e+x', "'x' in exponent of numeric literal"],
    ['-x', "'x' in numeric literal"],
    ['trux', "'x' in literal true (expecting 'e')"],
    ['"\\x', "'x' in string escape code"],
    ['"\\u00g', "'g' in \\u hexadecimal character escape"],
    ['"\n', "'\\n' in string literal"],
    ['"\0', "'\\x00' in string literal"],
    ["'", "'\\'' looking for beginning of value"],
    ['\\', "'\\\\' looking for beginning of value"],
    ['é', "'Ã' looking for beginning of value"],
    ['\u007f', "'\\x7f' looking for beginning of value"]
  ]
  for (const [text, reason] of invalid) {
    t.equal(plain(text), `invalid character ${reason}`, text)
    t.equal(plain(text, 'stream'), `invalid character ${reason}`, text)
  }
  t.equal(plain('1 2'), "invalid character '2' after top-level value")
  t.equal(plain('1 2', 'stream'), 1, 'a stream is read up to the end of its first value')
  t.equal(plain('['.repeat(100_000)), 'exceeded max depth')
})

t.test('half a surrogate pair is a replacement character', async (t) => {
  t.equal(plain('"\\ud83d"'), '\ufffd')
  t.equal(plain('"\\ud83d\\u0041"'), '\ufffdA')
  t.equal(plain('"\\ude00"'), '\ufffd')
})

t.test('a member is found in any case, the last of several', async (t) => {
  const result = parseJson('{"ID": 1, "id": 2, "Id": 3, "other": 4}')
  const object = result.ok && isJsonObject(result.value) ? result.value : new Map<string, never>()
  t.match(findMember(object, 'id'), { text: '3' })
  t.equal(findMember(object, 'none'), undefined)
})

t.test('no key reaches a prototype', async (t) => {
  const value = plain('{"__proto__": {"polluted": 1}}') as Record<string, unknown>
  t.strictSame(Object.keys(value), ['__proto__'])
  t.equal(({} as Record<string, unknown>).polluted, undefined)
})
