import t from 'tap'
import { besselJ, besselY } from '../../src/lambda/functions/numeric/bessel.ts'
import { erf, erfc } from '../../src/lambda/functions/numeric/erf.ts'
import { gamma } from '../../src/lambda/functions/numeric/gamma.ts'

/** Computed with 40 digits. */
const TABLE: readonly (readonly [actual: number, exact: number])[] = [
  [erf(-3.5), -0.9999992569016276],
  [erf(-0.3), -0.3286267594591274],
  [erf(1e-10), 1.1283791670955126e-10],
  [erf(0.5), 0.5204998778130465],
  [erf(1.99), 0.995111413199617],
  [erf(2.01), 0.9955248493552482],
  [erf(5.5), 0.9999999999999927],
  [erfc(-2), 1.9953222650189526],
  [erfc(0.25), 0.7236736098317631],
  [erfc(0.5), 0.4795001221869535],
  [erfc(1), 0.15729920705028513],
  [erfc(3), 2.209049699858544e-5],
  [erfc(10), 2.088487583762545e-45],
  [erfc(26.5), 2.2109076642637343e-307],
  [gamma(0.5), 1.772453850905516],
  [gamma(1.5), 0.886226925452758],
  [gamma(4.25), 8.28508514183522],
  [gamma(11.9), 31279623.921386234],
  [gamma(12.1), 50983227.84411616],
  [gamma(50.5), 4.29046291235196e63],
  [gamma(171.5), 9.4833675668248e307],
  [gamma(-0.5), -3.544907701811032],
  [gamma(-10.5), -2.640121820547716e-7],
  [gamma(-170.5), -3.3127395215386074e-308],
  [gamma(1e-5), 99999.42279422555],
  [besselJ(0, 0.001), 0.9999997500000156],
  [besselJ(0, 1), 0.7651976865579666],
  [besselJ(0, -7.5), 0.2663396578803784],
  [besselJ(0, 24.9), 0.0832459683530155],
  [besselJ(0, 25.1), 0.10827567149994945],
  [besselJ(0, 1000.5), 0.01948655998713014],
  [besselJ(1, 0.001), 0.0004999999375000026],
  [besselJ(1, 1), 0.4400505857449335],
  [besselJ(1, -7.5), -0.1352484275797055],
  [besselJ(1, 24.9), -0.13485569953140886],
  [besselJ(1, 25.1), -0.11463478413442257],
  [besselJ(1, 1000.5), 0.016027715373203338],
  [besselJ(2, 1e15), -6.156638646884973e-9],
  [besselY(3, 1e16), 8.661427680921644e-10],
  [besselJ(3, 0.001), 2.0833332031250035e-11],
  [besselJ(2, 5), 0.046565116277752214],
  [besselJ(-3, 2), -0.12894324947440206],
  [besselJ(7, 24), 0.13002222707253128],
  [besselJ(7, 60.5), 0.042683964480998336],
  [besselJ(40, 30), 0.0003612023608896585],
  [besselJ(100, 90), 0.002602130581996329],
  [besselY(0, 0.001), -4.471416611375924],
  [besselY(0, 1), 0.08825696421567696],
  [besselY(0, 7.5), 0.11731328614820863],
  [besselY(0, 24.9), -0.13649918399676525],
  [besselY(0, 25.1), -0.11676770763803695],
  [besselY(0, 1000.5), 0.016017974964604328],
  [besselY(1, 0.001), -636.6221672311394],
  [besselY(1, 1), -0.7812128213002887],
  [besselY(1, 7.5), -0.25912851048611624],
  [besselY(1, 24.9), -0.08600255759555425],
  [besselY(1, 25.1), -0.11062223322783099],
  [besselY(1, 1000.5), -0.019478557437521776],
  [besselY(2, 5), 0.36766288260552454],
  [besselY(-3, 2), 1.1277837768404277],
  [besselY(7, 24), 0.10399692005791104],
  [besselY(7, 60.5), -0.09365613791699091],
  [besselY(40, 30), -33.393668907330316],
  [besselY(5, 0.5), -7946.301478807473]
]

t.test('special functions are exact to some units in the last place', (t) => {
  for (const [actual, exact] of TABLE) {
    const error = Math.abs(actual - exact) / Math.abs(exact)
    t.ok(error < 2e-14, `${exact}: off by ${error}`)
  }
  t.end()
})

t.test('at the edges special functions are what Go makes of them', (t) => {
  const cases: readonly (readonly [actual: number, expected: number])[] = [
    [erf(NaN), NaN],
    [erf(-0), -0],
    [erf(Infinity), 1],
    [erf(-Infinity), -1],
    [erfc(-Infinity), 2],
    [erfc(NaN), NaN],
    [erfc(30), 0],
    [gamma(-0), -Infinity],
    [gamma(Infinity), Infinity],
    [gamma(-Infinity), NaN],
    [gamma(NaN), NaN],
    [gamma(171), 7.257415615307994e306],
    [gamma(172), Infinity],
    [gamma(-190.5), 0],
    [besselJ(0, Infinity), 0],
    [besselJ(5, NaN), NaN],
    [besselJ(1, 1e-310), 5e-311],
    [besselJ(200, 1), 0],
    [besselY(0, Infinity), 0],
    [besselY(0, -1), NaN],
    [besselY(3, 0), -Infinity],
    [besselY(-3, 0), Infinity],
    [besselY(-4, 0), -Infinity],
    [besselY(200, 1), -Infinity]
  ]
  for (const [actual, expected] of cases)
    t.ok(Object.is(actual, expected) || (expected === 0 && actual === 0), `${actual}, ${expected}`)
  t.end()
})

t.test('an absurd order does not keep a task busy', (t) => {
  const start = performance.now()
  for (const order of [1e5, 1e9, 1e18]) {
    for (const x of [1e-300, 1, 1e5, 1e9, 1e18, 1e300]) {
      for (const value of [besselJ(order, x), besselY(order, x)]) t.notOk(Number.isNaN(value), `${order}, ${x}`)
    }
  }
  t.ok(performance.now() - start < 10_000)
  t.end()
})

t.test('large orders are near their leading term', (t) => {
  t.match(besselJ(200_000, 210_000).toPrecision(4), '0.002521')
  t.ok(Math.abs(besselJ(99_999, 99_990) - 0.00794210849033381) < 1e-12)
  t.end()
})
