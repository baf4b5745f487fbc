/** What clocks on the wall show, as milliseconds that UTC would call the same. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat | undefined

  private constructor(format: Intl.DateTimeFormat | undefined) {
    this.#format = format
  }

  /** @param name '' is the zone of this machine. @returns undefined where there is no such zone. */
  static of(name: string): TimeZone | undefined {
    if (name === '') return new TimeZone(undefined)
    try {
      return new TimeZone(
        new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', dateStyle: 'short', timeStyle: 'medium' })
      )
    } catch {
      return undefined
    }
  }

  wallOf(ms: number): number {
    return ms + this.#offsetAt(ms)
  }

  /**
   * When the clocks show that. Of two times the first; where clocks skip it, as long after the jump as the clocks
   * would be past it.
   * @param nearMs A time not long before it.
   */
  instantOf(wall: number, nearMs: number): number {
    const offset = this.#offsetAt(wall - this.#offsetAt(nearMs))
    const ms = wall - offset
    return Math.max(ms, wall - this.#offsetAt(ms))
  }

  #offsetAt(ms: number): number {
    if (this.#format === undefined) return -new Date(ms).getTimezoneOffset() * 60_000
    const parts = this.#format.formatToParts(ms)
    const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value)
    const [year, month, day] = [part('year'), part('month'), part('day')]
    // Short years have two digits: the century is that of UTC, give or take a day.
    const century = Math.round((new Date(ms).getUTCFullYear() - year) / 100) * 100
    const wall = Date.UTC(century + year, month - 1, day, part('hour'), part('minute'), part('second'))
    return wall - Math.floor(ms / 1000) * 1000
  }
}
