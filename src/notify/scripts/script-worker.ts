import { processMs } from '../../core/clock.ts'
import type { AlertView, ScriptOutcome } from '../expression.ts'
import type { ScriptAnswer, ScriptJob } from './protocol.ts'
import { type Image, Sandbox, type ScriptRun } from './sandbox.ts'

/** The most images that a worker keeps; each is some 300 KiB. */
const MAX_IMAGES = 32
const MAX_LINES = 100

/** Where a worker does its jobs: a sandbox, made anew when it breaks, and the images of script files. */
export class ScriptWorker {
  readonly #images = new Map<string, Image>()
  #sandbox: Sandbox | undefined

  async run(job: ScriptJob): Promise<ScriptAnswer> {
    const { subject, alerts, limits } = job
    const outcomes: ScriptOutcome[] = []
    const lines: string[] = []
    let lateRuns = 0
    if (alerts === undefined) {
      const image = await this.#open(job)
      return { outcomes, lines, lateRuns, ...(typeof image === 'string' && { invalid: image }) }
    }
    for (const given of subject === 'alerts' ? [alerts] : alerts) {
      if (lateRuns >= job.patience || processMs() > job.deadline) {
        const reason =
          lateRuns >= job.patience ? `${limits.lateRuns} before it took too long` : 'its batch took too long'
        outcomes.push({ ok: false, message: `not run, since ${reason}` })
        continue
      }
      Atomics.add(job.begun, 0, 1)
      const run = await this.#runOne(job, given)
      outcomes.push(run.outcome)
      if (run.isLate) lateRuns++
      if (lines.length < MAX_LINES) lines.push(...run.lines)
    }
    return { outcomes, lines, lateRuns }
  }

  async #runOne(job: ScriptJob, given: AlertView | readonly AlertView[]): Promise<ScriptRun> {
    const image = await this.#open(job)
    if (typeof image === 'string') return { outcome: { ok: false, message: image }, lines: [], isLate: true }
    return this.#sandbox!.run(image, job.source, job.subject, given)
  }

  async #open({ limits, scripts, scriptsKey }: ScriptJob): Promise<Image | string> {
    if (this.#sandbox === undefined || this.#sandbox.isBroken) {
      this.#images.clear()
      this.#sandbox = await Sandbox.open(limits)
    }
    const image = this.#images.get(scriptsKey) ?? this.#sandbox.prepare(scripts)
    if (typeof image === 'string') return image
    // The one that was used last stands last.
    this.#images.delete(scriptsKey)
    this.#images.set(scriptsKey, image)
    if (this.#images.size > MAX_IMAGES) this.#images.delete(this.#images.keys().next().value!)
    return image
  }
}
