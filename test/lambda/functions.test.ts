import t from 'tap'
import { instantOfNanos, nanosOf } from '../../src/core/instant.ts'
import { FUNCTIONS } from '../../src/lambda/functions/index.ts'
import { compiled, evaluated, scope, valueOf } from '../support/lambda.ts'

type Row = readonly [expression: string, value: string]

function check(sentence: string, rows: readonly Row[]): void {
  t.test(sentence, (t) => {
    for (const [expression, value] of rows) t.equal(valueOf(expression), value, expression)
    t.end()
  })
}

t.test('there are these functions and no others', (t) => {
  t.strictSame(
    FUNCTIONS.map((fn) => fn.name)
      .sort()
      .join(' '),
    'abs acos acosh asin asinh atan atan2 atanh bool cbrt ceil cos cosh count day duration erf erfc exp exp2 expm1 float floor gamma hour humanBytes hypot if int isPresent j0 j1 jn log log10 log1p log2 logb max min minute mod month now pow pow10 rand regexReplace sigma sin sinh spread sqrt strContains strContainsAny strCount strHasPrefix strHasSuffix strIndex strIndexAny strLastIndex strLastIndexAny strLength strReplace strSubstring strToLower strToUpper strTrim strTrimLeft strTrimPrefix strTrimRight strTrimSpace strTrimSuffix string tan tanh trunc unixNano weekday y0 y1 year yn'
  )
  t.ok(
    FUNCTIONS.every(({ summary }) => summary.endsWith('.')),
    'each with a sentence for the reference'
  )
  t.end()
})

const badBool = (text: string): string => `! error calling "bool": strconv.ParseBool: parsing ${text}: invalid syntax`
const badInt = (text: string, why = 'invalid syntax'): string =>
  `! error calling "int": strconv.ParseInt: parsing ${text}: ${why}`
const badFloat = (text: string, why = 'invalid syntax'): string =>
  `! error calling "float": strconv.ParseFloat: parsing ${text}: ${why}`

check('a byte of a cut character stays what it is', [
  ["strLength(strSubstring('xéyz€', 0, 2))", '2i'],
  ["strSubstring('xéyz€', 0, 2) + strSubstring('xéyz€', 2, 4)", '"xéy"'],
  ["strSubstring('xéyz€', 0, 2) + 'z' + strSubstring('xéyz€', 2, 4)", '"x\\udcc3z\\udca9y"'],
  ["strSubstring('€€', 1, 4) == strSubstring('€€', 1, 3) + strSubstring('€€', 0, 1)", 'true'],
  ["strSubstring('xéz', 0, 2) < 'xé'", 'true'],
  ["strSubstring('xéz', 2, 3) < 'xé'", 'false'],
  ["strSubstring('xéz', 0, 2) > 'xz'", 'true'],
  ["strContains('xéz', strSubstring('xéz', 2, 3))", 'true'],
  ["strContains('xéz', strSubstring('€z', 2, 3))", 'false'],
  ["strHasPrefix('éz', strSubstring('éz', 0, 1))", 'true'],
  ["strHasSuffix('zé', strSubstring('éz', 1, 2))", 'true'],
  ["strCount('éééz', strSubstring('éz', 1, 2))", '3i'],
  ["strCount(strSubstring('€éz', 1, 5), '')", '4i'],
  ["strIndex('xéz', strSubstring('xéz', 2, 3))", '2i'],
  ["strIndex(strSubstring('€éz', 1, 5), 'z')", '-1i'],
  ["strIndex(strSubstring('€éz', 1, 5), 'é')", '2i'],
  ["strLastIndex('ééz', strSubstring('éz', 1, 2))", '3i'],
  ["strIndexAny('x\ufffdz', strSubstring('xéz', 2, 3))", '1i'],
  ["strLastIndexAny(strSubstring('aé€z', 0, 4), '\ufffd')", '3i'],
  ["strReplace('éz', strSubstring('éz', 0, 1), 'x', -1)", '"x\\udca9z"'],
  ["strReplace('Ãz' + strSubstring('éz', 0, 1) + 'q' + strSubstring('éz', 1, 2), 'q', '', 1)", '"Ãzé"'],
  ["strToUpper(strSubstring('aéz', 0, 2))", '"A\ufffd"'],
  ["strTrimPrefix('éz', strSubstring('éz', 0, 1))", '"\\udca9z"'],
  ["strTrimSuffix('zé', strSubstring('éz', 1, 2))", '"z\\udcc3"'],
  ["strTrimRight(strSubstring('zéz', 0, 2), '\ufffd')", '"z"'],
  ["strTrimLeft(strSubstring('éz', 1, 2) + 'z', strSubstring('€z', 0, 1))", '"z"'],
  ["strSubstring('ab😀c', 0, 4) + strSubstring('ab😀c', 4, 6)", '"ab😀"'],
  ["regexReplace(/q/, strSubstring('éz', 0, 1) + 'q' + strSubstring('éz', 1, 2), '')", '"é"'],
  ["int(strSubstring('éz', 0, 1))", badInt('"\\xc3"')]
])

check('no text grows beyond all bounds', [
  ["strReplace('aaaa', '', 'b', -1)", '"babababab"'],
  ["strReplace('aaaa', 'a', 'bb', 2)", '"bbbbaa"']
])

t.test('a text that would be longer than a million characters fails its point', (t) => {
  const tooLong = '! a string would be longer than 1048576 characters'
  const long = (size: number): string => `s="${'x'.repeat(size)}"`
  t.equal(valueOf('"s" + "s"', long(600_000)), tooLong)
  t.equal(valueOf('strLength("s" + "s")', long(524_288)), '1048576i')
  t.equal(valueOf(`strReplace("s", '', "s", -1)`, long(1024)), tooLong)
  t.equal(valueOf(`strLength(strReplace("s", '', "s", 1))`, long(1024)), '2048i')
  t.equal(valueOf(`strLength(strReplace("s", 'y', "s", -1))`, long(2048)), '2048i')
  t.equal(valueOf(`regexReplace(/x/, "s", "s")`, long(1100)), tooLong)
  t.end()
})

check('conversions take what Go takes', [
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word): Row => [`bool('${word}')`, 'true']),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word): Row => [`bool('${word}')`, 'false']),
  ["bool('yes')", badBool('"yes"')],
  ["bool('')", badBool('""')],
  ['bool(TRUE)', 'true'],
  ['bool(1)', 'true'],
  ['bool(0.0)', 'false'],
  ['bool(2)', '! error calling "bool": cannot convert 2 to boolean'],
  ['bool(0.00001)', '! error calling "bool": cannot convert 1e-05 to boolean'],
  ['int(TRUE)', '1i'],
  ['int(FALSE)', '0i'],
  ['int(5)', '5i'],
  ['int(2.9)', '2i'],
  ['int(-2.9)', '-2i'],
  ['int(0.0 / 0.0)', '-9223372036854775808i'],
  ['int(1.0 / 0.0)', '-9223372036854775808i'],
  ['int(9223372036854775808.0)', '-9223372036854775808i'],
  ['int(4611686018427387904.0)', '4611686018427387904i'],
  ["int('41')", '41i'],
  ["int('+5')", '5i'],
  ["int('-0')", '0i'],
  ["int('000')", '0i'],
  ["int('-007')", '-7i'],
  ["int('9007199254740993')", '9007199254740993i'],
  ["int('9223372036854775807')", '9223372036854775807i'],
  ["int('-9223372036854775808')", '-9223372036854775808i'],
  ["int('9223372036854775808')", badInt('"9223372036854775808"', 'value out of range')],
  ["int('99999999999999999999')", badInt('"99999999999999999999"', 'value out of range')],
  ["int('00000000000000000000000000001')", '1i'],
  ["int('5.5')", badInt('"5.5"')],
  ["int(' 4')", badInt('" 4"')],
  ["int('0x10')", badInt('"0x10"')],
  ["int('1_0')", badInt('"1_0"')],
  ["int('')", badInt('""')],
  ["int('a\n\"é\u0007\u200b')", badInt('"a\\n\\"é\\a\\u200b"')],
  ['float(7)', '7'],
  ['float(9007199254740993)', '9007199254740992'],
  ['float(TRUE)', '1'],
  ['float(2.5)', '2.5'],
  ["float('2.50')", '2.5'],
  ["float('-1e3')", '-1000'],
  ["float('.5')", '0.5'],
  ["float('5.')", '5'],
  ["float('+5E-1')", '0.5'],
  ["float('1_0')", '10'],
  ["float('1__0')", badFloat('"1__0"')],
  ["float('_1')", badFloat('"_1"')],
  ["float('inf')", '+Inf'],
  ["float('-Infinity')", '-Inf'],
  ["float('+iNF')", '+Inf'],
  ["float('NaN')", 'NaN'],
  ["float('-nan')", badFloat('"-nan"')],
  ["float('0x1p-2')", '0.25'],
  ["float('-0X1.8P1')", '-3'],
  ["float('0x.8p0')", '0.5'],
  ["float('0x_1_0p0')", '16'],
  ["float('0x1.fffffffffffffp1023') == float('1.7976931348623157e308')", 'true'],
  ["float('0x1p1024')", badFloat('"0x1p1024"', 'value out of range')],
  ["float('0x1p-1074') > 0.0", 'true'],
  ["float('0x1p-1076')", '0'],
  ["float('0x1.00000000000008p0')", '1'],
  ["float('0x1.000000000000080001p0')", '1.0000000000000002'],
  ["float('0x0p0')", '0'],
  ["float('-0x0p99999')", '-0'],
  ["float('0x10')", badFloat('"0x10"')],
  ["float('1e999')", badFloat('"1e999"', 'value out of range')],
  ["float('1e-999')", '0'],
  ["float('abc')", badFloat('"abc"')],
  ["float('')", badFloat('""')],
  ["float(' 1')", badFloat('" 1"')],
  ["float('.')", badFloat('"."')],
  ['string(TRUE)', '"true"'],
  ["string('a')", '"a"'],
  ['string(-12)', '"-12"'],
  ['string(9223372036854775807)', '"9223372036854775807"'],
  ['string(5.0)', '"5"'],
  ['string(0.000000001)', '"0.000000001"'],
  ["string(float('1e21'))", '"1000000000000000000000"'],
  ['string(0.0 / 0.0)', '"NaN"'],
  ['string(-1.0 / 0.0)', '"-Inf"'],
  ['string(90s)', '"90s"'],
  ['string(5400s)', '"90m"'],
  ['string(1500ms)', '"1500ms"'],
  ['string(14d)', '"2w"'],
  ['string(0s)', '"0s"'],
  ['string(-90s)', '"-90s"'],
  ['string(1s / 3)', '"333333333ns"'],
  ['duration(5s)', '5s'],
  ['duration(3, 1m)', '3m0s'],
  ['duration(2.5, 1s)', '2.5s'],
  ['duration(-0.0000000019, 1s)', '-1ns'],
  ["duration('1h30m', 1s)", '1h30m0s'],
  ["duration('-5s', 1s)", '-5s'],
  ["duration('15ns', 1s)", '15ns'],
  ["duration('abc', 1s)", '! error calling "duration": invalid duration string "abc"'],
  ["duration('5', 1s)", '! error calling "duration": invalid duration string "5"']
])

check('mathematics is that of IEEE 754, with Go at the edges', [
  ['abs(-1.5)', '1.5'],
  ['acos(2.0)', 'NaN'],
  ['atan2(1.0, -1.0)', '2.356194490192345'],
  ['cbrt(27.0)', '3'],
  ['ceil(-0.5)', '-0'],
  ['exp2(10.0)', '1024'],
  ['floor(-0.5)', '-1'],
  ['hypot(3.0, 4.0)', '5'],
  ['hypot(1.0 / 0.0, 0.0 / 0.0)', '+Inf'],
  ['log(0.0)', '-Inf'],
  ['log(-1.0)', 'NaN'],
  ['log2(8.0)', '3'],
  ['log10(100.0)', '2'],
  ['logb(8.5)', '3'],
  ['logb(-0.75)', '-1'],
  ['logb(0.0)', '-Inf'],
  ['logb(-1.0 / 0.0)', '+Inf'],
  ['logb(0.0 / 0.0)', 'NaN'],
  ["logb(float('0x1p-1074'))", '-1074'],
  ['max(1.0, 2.0)', '2'],
  ['max(-0.0, 0.0)', '0'],
  ['min(0.0, -0.0)', '-0'],
  ['max(0.0 / 0.0, 1.0)', 'NaN'],
  ['max(0.0 / 0.0, 1.0 / 0.0)', '+Inf'],
  ['min(-1.0 / 0.0, 0.0 / 0.0)', '-Inf'],
  ['mod(-7.0, 3.0)', '-1'],
  ['mod(5.0, 0.0)', 'NaN'],
  ['mod(5.0, 1.0 / 0.0)', '5'],
  ['pow(2.0, 10.0)', '1024'],
  ['pow(1.0, 0.0 / 0.0)', '1'],
  ['pow(-1.0, 1.0 / 0.0)', '1'],
  ['pow(0.0 / 0.0, 0.0)', '1'],
  ['pow10(3)', '1000'],
  ['pow10(-324)', '0'],
  ['pow10(309)', '+Inf'],
  ['pow10(-9223372036854775807)', '0'],
  ['sqrt(-1.0)', 'NaN'],
  ['trunc(-1.5)', '-1'],
  ['erf(0.0)', '0'],
  ['erfc(1.0 / 0.0)', '0'],
  ['gamma(5.0)', '24'],
  ['gamma(0.0)', '+Inf'],
  ['gamma(-1.0)', 'NaN'],
  ['j0(0.0)', '1'],
  ['y0(0.0)', '-Inf'],
  ['jn(2, 0.0)', '0'],
  ['jn(9223372036854775807, 1.5)', '0']
])

check('strings are counted and cut in bytes', [
  ["strContains('abc', 'bc')", 'true'],
  ["strContains('abc', '')", 'true'],
  ["strContainsAny('abc', 'xc')", 'true'],
  ["strContainsAny('abc', '')", 'false'],
  ["strCount('cheese', 'e')", '3i'],
  ["strCount('aaaa', 'aa')", '2i'],
  ["strCount('hé\u{1f600}', '')", '4i'],
  ["strHasPrefix('abc', 'ab')", 'true'],
  ["strHasSuffix('abc', 'ab')", 'false'],
  ["strIndex('chicken', 'ken')", '4i'],
  ["strIndex('é\u{1f600}b', 'b')", '6i'],
  ["strIndex('chicken', 'dmr')", '-1i'],
  ["strIndex('abc', '')", '0i'],
  ["strLastIndex('go gopher', 'go')", '3i'],
  ["strLastIndex('éé', '')", '4i'],
  ["strIndexAny('golang', 'gy')", '0i'],
  ["strIndexAny('é\u{1f600}b', 'xb\u{1f600}')", '2i'],
  ["strLastIndexAny('é\u{1f600}bé', 'bé')", '7i'],
  ["strLastIndexAny('golang', '')", '-1i'],
  ["strLength('héllo')", '6i'],
  ["strLength('\u{1f600}€')", '7i'],
  ["strLength('')", '0i'],
  ["strReplace('oink oink oink', 'k', 'ky', 2)", '"oinky oinky oink"'],
  ["strReplace('oink oink', 'oink', '$&', -1)", '"$& $&"'],
  ["strReplace('abc', 'b', 'x', 0)", '"abc"'],
  ["strReplace('hé', '', '-', -1)", '"-h-é-"'],
  ["strReplace('hé\u{1f600}', '', '-', 2)", '"-h-é\u{1f600}"'],
  ["strReplace('aa', 'a', 'b', 9223372036854775807)", '"bb"'],
  ["strSubstring('hello', 1, 4)", '"ell"'],
  ["strSubstring('hello', 2, 2)", '""'],
  ["strSubstring('hello', 1, 5)", '! error calling "strSubstring": stop index too large for string in strSubstring: 5'],
  ["strSubstring('hello', -1, 5)", '! error calling "strSubstring": found negative index for strSubstring: -1'],
  ["strSubstring('hello', 0, -2)", '! error calling "strSubstring": found negative index for strSubstring: -2'],
  ["strSubstring('hello', 3, 1)", '! runtime error: slice bounds out of range [3:1]'],
  ["strSubstring('', 0, 0)", '! error calling "strSubstring": stop index too large for string in strSubstring: 0'],
  ["strSubstring('añb!', 0, 3)", '"añ"'],
  ["strSubstring('añb!', 0, 2)", '"a\\udcc3"'],
  ["strToLower('HÉİΣ')", '"héiσ"'],
  ["strToUpper('héßﬁŉ')", '"HÉßﬁŉ"'],
  ["strToUpper('ᾀᾳῃῳ')", '"ᾈᾼῌῼ"'],
  ["strToUpper('abc')", '"ABC"'],
  ["strToLower('ABC')", '"abc"'],
  ["strTrim('xxhixy', 'xy')", '"hi"'],
  ["strTrim('\u{1f600}é\u{1f600}', '\u{1f600}')", '"é"'],
  ["strTrimLeft('xxhixx', 'x')", '"hixx"'],
  ["strTrimRight('xxhixx', 'x')", '"xxhi"'],
  ["strTrimRight('xxx', 'x')", '""'],
  ["strTrimPrefix('abcabc', 'abc')", '"abc"'],
  ["strTrimPrefix('abc', 'x')", '"abc"'],
  ["strTrimSuffix('abcabc', 'abc')", '"abc"'],
  ["strTrimSuffix('abc', '')", '"abc"'],
  ["strTrimSpace(' \t\u0085 a b\u3000\n')", '"a b"'],
  ["strTrimSpace('\ufeffa')", '"\ufeffa"']
])

check('regexReplace replaces as RE2 does', [
  ["regexReplace(/a(x*)b/, '-ab-axxb-', 'T')", '"-T-T-"'],
  ["regexReplace(/a(x*)b/, '-ab-axxb-', '$1')", '"--xx-"'],
  ["regexReplace(/a(x*)b/, '-ab-axxb-', '$1W')", '"---"'],
  ["regexReplace(/a(x*)b/, '-ab-axxb-', '${1}W')", '"-W-xxW-"'],
  ["regexReplace(/a(?P<n>x*)b/, '-axb-', '[$n]${n}$$n$')", '"-[x]x$n$-"'],
  ["regexReplace(/a/, 'banana', '$0$0${nope}$9')", '"baanaanaa"'],
  ["regexReplace(/a/, 'aa', '${')", '"${${"'],
  ["regexReplace(/a/, 'a', '$01')", '""'],
  ["regexReplace(/x*/, 'abc', '-')", '"-a-b-c-"'],
  ["regexReplace(/a*/, 'baaac', '-')", '"-b-c-"'],
  ["regexReplace(/é/, 'caféé', 'e')", '"cafee"'],
  ["regexReplace(/(a)|(b)/, 'ab', '<$1$2>')", '"<a><b>"'],
  ["regexReplace(/z/, 'abc', '-')", '"abc"'],
  ["regexReplace(/.$/, 'ab\u{1f600}', '-')", '"ab-"']
])

check('choice and presence look at types first', [
  ['if(TRUE, 1, 2)', '1i'],
  ["if(1 > 2, 'a', 'b')", '"b"'],
  ['if(TRUE, 1m, 1s)', '1m0s'],
  ['if(TRUE, FALSE, TRUE)', 'false'],
  ["'a' =~ if(FALSE, /b/, /a/)", 'true'],
  ['hour(if(TRUE, "time", now())) >= 0', 'true'],
  ['if(TRUE, 1, 1 / 0)', '! runtime error: integer divide by zero'],
  [
    'if(TRUE, 1, 2.0)',
    '! Cannot call function "if" with args (true: boolean,1: int,2: float), available signatures are [(boolean,boolean,boolean), (boolean,duration,duration), (boolean,float,float), (boolean,int,int), (boolean,regex,regex), (boolean,string,string), (boolean,time,time)].'
  ],
  ['isPresent("x")', 'false'],
  ['isPresent(1 > 2)', 'true']
])

check('humanBytes rounds as the original does', [
  ['humanBytes(0)', '"0 B"'],
  ['humanBytes(9)', '"9 B"'],
  ['humanBytes(10)', '"10 B"'],
  ['humanBytes(999)', '"999 B"'],
  ['humanBytes(1000)', '"1.0 kB"'],
  ['humanBytes(1024)', '"1.0 kB"'],
  ['humanBytes(9949)', '"9.9 kB"'],
  ['humanBytes(9950)', '"10 kB"'],
  ['humanBytes(12500)', '"12 kB"'],
  ['humanBytes(13500)', '"14 kB"'],
  ['humanBytes(999999)', '"1000 kB"'],
  ['humanBytes(1000000000)', '"1.0 GB"'],
  ['humanBytes(82854982)', '"83 MB"'],
  ['humanBytes(82854982.9)', '"83 MB"'],
  ['humanBytes(-1)', '"18 EB"'],
  ['humanBytes(-1.0)', '"18 EB"'],
  ['humanBytes(0.0 / 0.0)', '"9.2 EB"'],
  ["humanBytes(float('1e19'))", '"10 EB"'],
  ["humanBytes(float('1e30'))", '"9.2 EB"']
])

t.test('times are told in the time zone of the server', (t) => {
  const time = instantOfNanos(1_514_500_000_000_000_123n)
  const local = new Date(time.ms)
  const expected: Record<string, string> = {
    unixNano: '1514500000000000123i',
    minute: `${local.getMinutes()}i`,
    hour: `${local.getHours()}i`,
    weekday: `${local.getDay()}i`,
    day: `${local.getDate()}i`,
    month: `${local.getMonth() + 1}i`,
    year: `${local.getFullYear()}i`
  }
  for (const [name, value] of Object.entries(expected)) {
    t.equal(evaluated(compiled(`${name}("time")`).instantiate(), scope('time=5', time)), value, name)
  }
  t.end()
})

t.test('now is the time of the evaluation', (t) => {
  const before = BigInt(Date.now() - 1) * 1_000_000n
  const answer = valueOf('unixNano(now())')
  const after = BigInt(Date.now() + 2) * 1_000_000n
  const now = BigInt(answer.slice(0, -1))
  t.ok(now >= before && now <= after)
  t.ok(nanosOf(instantOfNanos(now)) === now)
  t.end()
})

t.test('rand stays below its limit', (t) => {
  for (const [limit, most] of [
    ['1', 1n],
    ['0', 1n],
    ['6', 6n],
    ['9223372036854775807', 2n ** 63n]
  ] as const) {
    for (let i = 0; i < 50; i++) {
      const value = BigInt(valueOf(`rand(${limit})`).slice(0, -1))
      if (value < 0n || value >= most) t.fail(`${value} of ${limit}`)
    }
  }
  t.equal(valueOf('rand(-1)'), '! invalid argument to Int63n')
  t.match(valueOf('rand()'), /^\d+i$/)
  t.end()
})
