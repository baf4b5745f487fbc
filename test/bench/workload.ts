/** The scripts, the points and the yardstick of the benches: the same as those of the load generator. */
const from = (where = ''): string => `stream\n    |from()\n        .measurement('cpu')${where}\n`

export const scripts = {
  mean: `${from("\n        .groupBy('host')")}    |window()\n        .period(10s)\n        .every(10s)\n    |mean('usage_idle')\n        .as('mean')\n    |httpOut('out')\n`,
  filter: `${from('\n        .where(lambda: "host" =~ /host-1.*/)')}    |eval(lambda: "usage_user" + "usage_system", lambda: "usage_idle" / 100.0)\n        .as('busy', 'idle_ratio')\n    |where(lambda: "busy" > 10.0 AND "idle_ratio" < 0.9)\n    |httpOut('out')\n`,
  alert: `${from("\n        .groupBy('host')")}    |eval(lambda: 100.0 - "usage_idle")\n        .as('used')\n        .keep()\n    |alert()\n        .id('{{ index .Tags "host" }}')\n        .crit(lambda: "used" > 99.0)\n        .stateChangesOnly()\n        .topic('bench')\n`
}

const START_SECOND = 1_600_000_000

export function makeBodies(points: number, hosts: number, lines = 5000): Buffer[] {
  let seed = 1
  const random = (): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return seed / 0x7fffffff
  }
  const number = (range: number): string => (random() * range).toFixed(3)
  const bodies: Buffer[] = []
  for (let n = 0; n < points;) {
    const rows: string[] = []
    for (let i = 0; i < lines && n < points; i++, n++) {
      const host = n % hosts
      const key = `cpu,host=host-${host},region=us-west-${host % 3},cpu=cpu-total`
      const fields = `usage_idle=${number(100)},usage_user=${number(50)},usage_system=${number(20)},procs=${host}i`
      rows.push(`${key} ${fields} ${START_SECOND + Math.floor(n / hosts)}000000000`)
    }
    bodies.push(Buffer.from(`${rows.join('\n')}\n`))
  }
  return bodies
}

/** The least that has to be done: scan the bytes, look the series up, read one float and the time, keep a mean. */
export function bareLoop(buffers: readonly Buffer[], points: number): number {
  const bodies = buffers as readonly (Buffer & { latin1Slice(start: number, end: number): string })[]
  const wanted = Buffer.from('usage_idle')
  const powers = Array.from({ length: 23 }, (_, i) => 10 ** i)
  let best = 0
  let closed = 0
  for (let pass = 0; pass < 5; pass++) {
    const series = new Map<string, { sum: number; count: number; end: number }>()
    const start = performance.now()
    for (const bytes of bodies) {
      let p = 0
      while (p < bytes.length) {
        const keyStart = p
        let c = 0
        while ((c = bytes[p]!) !== 32) p += c === 92 ? 2 : 1
        const key = bytes.latin1Slice(keyStart, p++)
        let state = series.get(key)
        if (state === undefined) series.set(key, (state = { sum: 0, count: 0, end: 0 }))
        let value = Number.NaN
        for (;;) {
          const nameStart = p
          while (bytes[p] !== 61) p++
          const isWanted =
            p - nameStart === wanted.length && bytes.compare(wanted, 0, wanted.length, nameStart, p) === 0
          p++
          if (isWanted) {
            let mantissa = 0
            let decimals = 0
            let afterDot = false
            for (; ; p++) {
              c = bytes[p]!
              if (c >= 48 && c <= 57) {
                mantissa = mantissa * 10 + c - 48
                if (afterDot) decimals++
              } else if (c === 46) afterDot = true
              else break
            }
            value = mantissa / powers[decimals]!
          } else while ((c = bytes[p]!) !== 44 && c !== 32) p++
          if (c !== 44) break
          p++
        }
        let second = 0
        const timeStart = ++p
        while (bytes[p] !== 10) p++
        for (let i = timeStart; i < p - 9; i++) second = second * 10 + bytes[i]! - 48
        p++
        if (second >= state.end) {
          closed += state.count
          state.sum = 0
          state.count = 0
          state.end = Math.floor(second / 10) * 10 + 10
        }
        state.sum += value
        state.count++
      }
    }
    best = Math.max(best, (points / (performance.now() - start)) * 1000)
  }
  return closed > 0 ? best : 0
}
