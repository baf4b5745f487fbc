import t from 'tap'
import { printFloat, quote } from '../../src/core/print.ts'

t.test('texts are quoted as Go quotes them', (t) => {
  const cases: readonly [text: string, quoted: string][] = [
    ['plain é 日本 😀', '"plain é 日本 😀"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\n\r\t\v\f\b\x07', '"\\n\\r\\t\\v\\f\\b\\a"'],
    ['\0\x1b\x7f', '"\\x00\\x1b\\x7f"'],
    ['\u200b\ufeff\u00a0', '"\\u200b\\ufeff\\u00a0"'],
    ['\u{e0001}', '"\\U000e0001"'],
    ['x\udcc3', '"x\\xc3"']
  ]
  for (const [text, quoted] of cases) t.equal(quote(text), quoted)
  t.end()
})

t.test('floats are printed as Go prints them', (t) => {
  const cases: readonly [value: number, text: string][] = [
    [1, '1'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [999999.5, '999999.5'],
    [1e6, '1e+06'],
    [1234567.5, '1.2345675e+06'],
    [2 ** 53, '9.007199254740992e+15'],
    [1e21, '1e+21'],
    [-1.5e300, '-1.5e+300'],
    [0, '0'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf']
  ]
  for (const [value, text] of cases) t.equal(printFloat(value), text)
  t.end()
})
