import type { Deed } from '../abuse.ts'

const SECONDS = 30

export default {
  name: 'soak',
  what: `ten mixed tasks under load for ${SECONDS} s, then rest`,
  isShort: false,
  async run(scene) {
    for (let i = 0; i < 10; i++) {
      const script = `stream|from().groupBy('h')|window().period(10s).every(5s)|mean('v')|alert().crit(lambda: "mean" > ${i}).stateChangesOnly()|httpOut('o')`
      await scene.define(`t${i}`, script)
    }
    const end = performance.now() + SECONDS * 1000
    for (let time = 1; performance.now() < end; time++) {
      const lines = Array.from({ length: 1000 }, (_, i) => `m,h=h${i} v=${(i * time) % 20} ${time}000000000`)
      await scene.write(lines.join('\n'))
    }
    return undefined
  }
} satisfies Deed
