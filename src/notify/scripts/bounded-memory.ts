/**
 * The memory of a QuickJS, which grows up to a limit. QuickJS's own limit is of no use here: in WebAssembly it counts
 * the blocks, not their sizes.
 */
export class BoundedMemory {
  readonly memory: Memory
  /** More than the limit was asked for. */
  isFull = false

  /** @param heapMib What programs can have; never less than there is from the start. */
  constructor(heapMib: number) {
    const maximum = Math.max(INITIAL_PAGES, (heapMib + STACK_MIB) * PAGES_A_MIB)
    this.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum })
    const grow = this.memory.grow.bind(this.memory)
    this.memory.grow = (pages) => {
      try {
        return grow(pages)
      } catch (error) {
        this.isFull = true
        throw error
      }
    }
  }

  /** The memory as a whole; it is asked for anew after each run. */
  get buffer(): ArrayBuffer {
    return this.memory.buffer
  }
}

/** Size that the module wants the memory to have in the beginning. */
const INITIAL_PAGES = 256
const PAGES_A_MIB = 16
const STACK_MIB = 5

/** WebAssembly's; its types are not among those of Node 20. */
interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

declare const WebAssembly: { readonly Memory: new (size: { initial: number; maximum: number }) => Memory }
