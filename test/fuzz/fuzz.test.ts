import { readFileSync } from 'node:fs'
import t from 'tap'
import { nodes } from '../../src/nodes/index.ts'
import { testServer } from '../support/server.ts'
import { type Outcome, outcomeOf } from '../template/data.ts'
import { fuzz } from './fuzz.ts'
import { NODE_MAKERS } from './generate/nodes.ts'
import type { Finding } from './report.ts'

t.setTimeout(120_000)

interface Recorded {
  readonly html: boolean
  readonly template: string
  /** Without a text where Go fails. */
  readonly answer: readonly [Outcome[0], string?]
}

/** Made by Go itself (test/fuzz/record-answers.ts). */
const RECORDED = JSON.parse(
  readFileSync(new URL('./answers/go-templates.json', import.meta.url), 'utf8')
) as readonly Recorded[]

t.test('random templates render as Go renders them', (t) => {
  for (const { html, template, answer } of RECORDED) {
    const [kind, text] = outcomeOf(template, html)
    t.strictSame(kind === 'err' ? [kind] : [kind, text], answer, template)
  }
  t.ok(RECORDED.length > 500)
  t.end()
})

t.test('random windows let out what a model of them says', async (t) => {
  const server = await testServer(t)
  const findings: Finding[] = []
  const { trials } = await fuzz({
    ...{ seed: 1, minutes: 1, trials: 24, only: ['windows'], oracles: ['model'], jobs: 8, alike: 1 },
    ...{ reference: undefined, influx: '', found: (finding) => findings.push(finding), tell: t.comment },
    start: () => Promise.resolve({ url: server.url, restart: () => Promise.resolve(), stop: () => server.close() })
  })
  t.strictSame(trials, { 'windows model': 24 })
  t.strictSame(findings, [])
})

/** Nodes that chains are not made of, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  ...{ stream: 'begins every script', from: 'begins every script', batch: 'asks InfluxDB', query: 'asks InfluxDB' },
  ...{
    queryFlux: 'asks InfluxDB',
    join: 'has several sources: the kind joins',
    union: 'has several sources: the kind joins'
  },
  ...{ influxDBOut: 'writes into InfluxDB', kapacitorLoopback: 'writes into other tasks', sideload: 'reads files' },
  ...{
    barrier: 'works by the clock',
    stats: 'works by the clock',
    deadman: 'works by the clock',
    noop: 'no script can name it'
  }
}

t.test('every node is in the chains of random scripts, or left out for a reason', (t) => {
  const made = NODE_MAKERS.map(({ name }) => name)
  const names = nodes.map(({ spec }) => spec.name)
  t.strictSame(names.filter((name) => !made.includes(name) && !(name in LEFT_OUT)).sort(), [])
  t.end()
})
