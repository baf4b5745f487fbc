import type { PartDefinition } from './params.ts'

/** A filter or route of a file. */
export interface StaticFilterDefinition {
  readonly id: string
  readonly definition: PartDefinition
}
export interface StaticRouteDefinition {
  readonly id: string
  readonly definition: readonly PartDefinition[]
}

/** What a change of the files comes to, by id. */
export interface Changes {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export interface ConfigurationChanges {
  readonly filters: Changes
  readonly routes: Changes
}

/** Filters or routes of files. */
export function statics<T extends { readonly isStatic: boolean }>(all: readonly T[]): T[] {
  return all.filter(({ isStatic }) => isStatic)
}

/** @param after Those that are alike are the same objects. */
export function changesOf<T extends { readonly id: string }>(before: readonly T[], after: readonly T[]): Changes {
  const old = new Map(before.map((one) => [one.id, one]))
  const ids = new Set(after.map(({ id }) => id))
  return {
    added: after.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    changed: after.filter((one) => old.has(one.id) && old.get(one.id) !== one).map(({ id }) => id),
    removed: before.filter(({ id }) => !ids.has(id)).map(({ id }) => id)
  }
}
