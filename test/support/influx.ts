import type {
  FluxRequest,
  InfluxCluster,
  InfluxResult,
  InfluxSeries,
  WritePlace
} from '../../src/influxdb/query/cluster.ts'

type Answer = readonly InfluxResult[] | string | Error | Promise<readonly InfluxResult[]>

/** A cluster that notes what it is asked, and answers as it is told: with nothing where no answer is left. */
export class FakeCluster implements InfluxCluster {
  readonly queries: string[] = []
  readonly scripts: FluxRequest[] = []
  /** Place and lines of each write. */
  readonly writes: string[] = []
  readonly signals: AbortSignal[] = []
  readonly answers: Answer[] = []

  async query(text: string, signal?: AbortSignal): Promise<readonly InfluxResult[]> {
    this.queries.push(text)
    if (signal !== undefined) this.signals.push(signal)
    return (await this.#next()) as readonly InfluxResult[]
  }

  async flux(request: FluxRequest): Promise<string> {
    this.scripts.push(request)
    return (await this.#next()) as string
  }

  async write({ database, retentionPolicy, precision, consistency }: WritePlace, lines: string): Promise<void> {
    this.writes.push(`${[database, retentionPolicy, precision, consistency].join(' ')}: ${lines}`)
    await this.#next()
  }

  async #next(): Promise<unknown> {
    const answer = await this.answers.shift()
    if (answer instanceof Error) throw answer
    return answer ?? []
  }
}

/** Points of one series, as an answer has them: pairs of a time and a value of the field `v`. */
export function seriesOf(host: string, ...values: (readonly [time: string, v: number])[]): InfluxSeries {
  return { name: 'm', tags: { host }, columns: ['time', 'v'], values }
}

/** Resolves when all that has been answered has had its effect. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** For a server of a test: turns off the cluster that servers have by default, which may be there on the machine. */
export const NO_INFLUXDB = { KAPOK_INFLUXDB_0_ENABLED: 'false' } as const
