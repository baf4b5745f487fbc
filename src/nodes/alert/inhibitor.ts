import type { AlertPort } from '../../graph/ports.ts'
import type { Tags } from '../../model/series.ts'

/** Holds back the events of a category while a group is not OK; the alert service knows it by identity. */
export class Inhibitor {
  readonly #category: string
  readonly #tags: Readonly<Record<string, string>>

  /** @param tags Tags of the group; one that it lacks stands for the empty value. */
  constructor(category: string, names: readonly string[], tags: Tags) {
    this.#category = category
    this.#tags = Object.fromEntries(names.map((name) => [name, tags.get(name) ?? '']))
  }

  set(alerts: AlertPort, isActive: boolean): void {
    alerts.setInhibitor(this, this.#category, this.#tags, isActive)
  }

  remove(alerts: AlertPort): void {
    alerts.removeInhibitor(this)
  }
}
