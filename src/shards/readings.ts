import type { EngineGauges } from '../engine/contract.ts'
import type { IngressCount } from '../graph/task.ts'
import type { Shard } from './shard.ts'

const NO_GAUGES: EngineGauges = {
  ...{ tasks: 0, series: 0, linesOverLimit: 0, loopbackBytes: 0, loopbackDropped: 0 },
  ...{ heapUsedBytes: 0, heapTotalBytes: 0, externalBytes: 0 }
}

/** What shards tell of themselves. One that does not answer is spoken for by what it told last. */
export class ShardReadings {
  readonly #shards: readonly Shard[]
  readonly #gauges = new Map<Shard, EngineGauges>()
  readonly #ingress = new Map<Shard, readonly IngressCount[]>()

  constructor(shards: readonly Shard[]) {
    this.#shards = shards
  }

  async gauges(): Promise<readonly (EngineGauges & { readonly name: string; readonly inFlightBytes: number })[]> {
    return await Promise.all(
      this.#shards.map(async (shard) => {
        const gauges = (await shard.askOrForgo({ kind: 'gauges' })) as EngineGauges | undefined
        if (gauges !== undefined) this.#gauges.set(shard, gauges)
        const { inFlightBytes } = shard.gate
        return { name: shard.name, inFlightBytes, ...(this.#gauges.get(shard) ?? NO_GAUGES) }
      })
    )
  }

  /** Points that came in, by where they go. */
  async ingress(): Promise<readonly IngressCount[]> {
    const counts = await Promise.all(
      this.#shards.map(async (shard) => {
        const ingress = (await shard.askOrForgo({ kind: 'ingress' })) as readonly IngressCount[] | undefined
        if (ingress !== undefined) this.#ingress.set(shard, ingress)
        return this.#ingress.get(shard) ?? []
      })
    )
    return counts.flat()
  }
}
