import t from 'tap'
import { functionRig, ofBatch, ofFold, pointErrorsOf } from './rigs.ts'

const SECOND = 1_000_000_000n
const forecastOf = (values: readonly number[]): string[] => values.map((value, i) => `m v=${value} ${i}s`)

interface Case {
  readonly fn?: string
  readonly options: Record<string, unknown>
  readonly points: readonly string[]
  readonly out: string
}

/** Numbers measured on Kapacitor 1.5.7. */
const cases: Record<string, Case> = {
  'a line goes on, and the end of the batch with it': {
    options: { h: 3, m: 0, interval: 5n * SECOND },
    points: [10, 20, 30, 40, 50, 60, 70, 80, 90].map((value, i) => `m v=${value} ${5 * i}s`),
    out: '55s [45s 100.00922391136373; 50s 110.01043816568226; 55s 120.0116074435028]'
  },
  'a trend goes on': {
    options: { h: 3, m: 0, interval: SECOND },
    points: forecastOf([1, 2.2, 2.9, 4.1, 5, 6.2, 6.9, 8.1]),
    out: '10s [8s 9.13186989060233; 9s 10.217684124223751; 10s 11.337307337858947]'
  },
  'ints are forecast as floats': {
    options: { h: 2, m: 1, interval: SECOND },
    points: [10, 13, 16, 19, 22, 25, 28, 31].map((value, i) => `m v=${value}i ${i}s`),
    out: '10s [8s 34.02366641714332; 9s 37.05267179719674]'
  },
  'the fit comes before the forecast': {
    fn: 'holtWintersWithFit',
    options: { h: 2, m: 0, interval: SECOND },
    points: forecastOf([1, 2.2, 2.9, 4.1, 5, 6.2, 6.9, 8.1]),
    out:
      '10s [0s 1; 1s 2.1042142441691296; 2s 3.075571093799046; 3s 4.051218305186504; 4s 5.035023159607214; ' +
      '5s 6.0309090320926675; 6s 7.042890362423886; 7s 8.075108641844643; 8s 9.13186989060233; 9s 10.217684124223751]'
  },
  'seasons come again': {
    options: { h: 4, m: 4, interval: SECOND },
    points: forecastOf([10, 20, 30, 20, 11, 21.5, 31, 21, 12, 22.5, 33, 22]),
    out: '15s [12s 23.842691750083272; 13s 26.583035420014784; 14s 29.734200449737642; 15s 15.95920727827462]'
  },
  'of points in one interval the first counts': {
    options: { h: 1, m: 0, interval: SECOND },
    points: [
      'm v=1 0s',
      'm v=50 400ms',
      'm v=2.2 1s',
      'm v=70 1400ms',
      'm v=2.9 2s',
      'm v=4.1 3s',
      'm v=5 4s',
      'm v=6.2 5s',
      'm v=6.9 6s',
      'm v=8.1 7s'
    ],
    out: '10s [8s 9.13186989060233]'
  },
  'times are rounded to intervals, and the forecast counts from the last one itself': {
    options: { h: 1, m: 0, interval: SECOND },
    points: [
      'm v=1 200ms',
      'm v=2.2 600ms',
      'm v=2.9 2s',
      'm v=4.1 3500ms',
      'm v=5 3600ms',
      'm v=6.2 5s',
      'm v=6.9 6s',
      'm v=8.1 7100ms'
    ],
    out: '10s [8100ms 9.13186989060233]'
  },
  'one point is too little': { options: { h: 1, m: 0, interval: SECOND }, points: ['m v=1 0s'], out: '10s []' },
  'less than a season is too little': {
    options: { h: 1, m: 4, interval: SECOND },
    points: forecastOf([1, 2, 3]),
    out: '10s []'
  },
  'a season of points that share intervals is too little': {
    options: { h: 1, m: 4, interval: SECOND },
    points: ['m v=1 0s', 'm v=1 100ms', 'm v=2 1s', 'm v=3 2s'],
    out: '10s []'
  },
  'no horizon gives nothing': {
    options: { h: 0, m: 0, interval: SECOND },
    points: forecastOf([1, 2, 3]),
    out: '10s []'
  },
  'points of one interval give nothing': {
    options: { h: 1, m: 0, interval: 10n * SECOND },
    points: forecastOf([1, 2]),
    out: '10s []'
  }
}

const plain = (text: string): string => text.replace(/holtWinters=(\S+) (\S+?)(?=[;\]])/g, '$2 $1')

for (const [claim, { fn = 'holtWinters', options, points, out }] of Object.entries(cases)) {
  t.test(claim, (t) => {
    const rig = functionRig(fn, options)
    t.same(ofBatch(rig, points).map(plain), [`m tmax=${out}`])
    t.same(ofFold(rig, points).map(plain), [`m tmax=${out}`])
    t.equal(rig.node.errors, 0)
    t.end()
  })
}

t.test('a gap is filled by the model', (t) => {
  const values = [1, 2.2, 2.9, 4.1, 5, 6.2, 6.9, 8.1]
  const points = forecastOf(values).filter((_, i) => i !== 1 && i !== 4)
  const [out = ''] = ofBatch(functionRig('holtWintersWithFit', { h: 1, m: 0, interval: SECOND }), points)
  const fit = [...out.matchAll(/Winters=([\d.]+)/g)].map(([, value]) => Number(value))
  t.equal(fit.length, 9)
  for (const [i, value] of values.entries()) t.ok(Math.abs(fit[i]! - value) < 1, `${fit[i]} instead of ${value}`)
  t.end()
})

t.test('a forecast that would take for ever is refused', (t) => {
  const words =
    'holtWinters2 failed to emit batch: cannot forecast from and for so many intervals, in a season of so many'
  for (const options of [
    { h: 1, m: 0, interval: 1n },
    { h: 1_000_000_000, m: 0, interval: SECOND },
    { h: 9_999, m: 3, interval: SECOND }
  ]) {
    const rig = functionRig('holtWinters', options)
    t.same(ofBatch(rig, forecastOf([1, 2, 3])), ['m tmax=10s []'])
    t.same(pointErrorsOf(rig), [words])
  }
  t.end()
})
