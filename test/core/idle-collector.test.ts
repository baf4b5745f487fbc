import t from 'tap'
import { IdleCollector } from '../../src/core/idle-collector.ts'
import { ManualClock } from '../support/manual-clock.ts'

const MIB = 1024 * 1024

/** A heap in the hands of the test: what is used, what of that is garbage, and how busy its thread is. */
class FakeHeap {
  garbage = 0
  live = 0
  busy = 0
  collections = 0

  usedBytes(): number {
    return (this.live + this.garbage) * MIB
  }

  busyShare(): number {
    return this.busy
  }

  collect(): void {
    this.collections++
    this.garbage = 0
  }
}

function world(): { readonly heap: FakeHeap; look(heap?: Partial<FakeHeap>): number } {
  const heap = new FakeHeap()
  const clock = new ManualClock()
  new IdleCollector(clock, heap)
  return {
    heap,
    look(state = {}) {
      Object.assign(heap, state)
      const before = heap.collections
      clock.advance(10_000)
      return heap.collections - before
    }
  }
}

t.test('a thread that has come to rest collects its garbage, once', async (t) => {
  const { look } = world()
  t.equal(look({ live: 200, garbage: 400, busy: 0.5 }), 0, 'not while it is busy')
  t.equal(look({ busy: 0.01 }), 1)
  t.equal(look(), 0)
  t.equal(look({ garbage: 100 }), 0, 'nor for a little')
  t.equal(look({ garbage: 120 }), 1)
})

t.test('what V8 has collected by itself is not taken for what is in use', async (t) => {
  const { look } = world()
  t.equal(look({ live: 500, garbage: 400 }), 1)
  t.equal(look({ live: 100, garbage: 0 }), 0)
  t.equal(look({ live: 100, garbage: 200 }), 1)
})

t.test('a heap that is large with things in use is left alone: its collection would take long', async (t) => {
  const { look } = world()
  t.equal(look({ live: 600, garbage: 500 }), 1, 'that is not known before the first one')
  t.equal(look({ garbage: 1000 }), 0)
})
