import type { Scope } from './scope.ts'

/** What somebody may do: scopes, and where points may be written. */
export interface Grants {
  readonly scopes: ReadonlySet<Scope>
  /** Databases that `write` is confined to; undefined: every one. */
  readonly databases?: ReadonlySet<string>
}

/** Whoever makes a request, once it is known who that is. */
export class Principal {
  /** Name in the log and the audit: a user's name, or what kind of token it is and which. */
  readonly name: string
  readonly #grants: Grants

  constructor(name: string, grants: Grants) {
    this.name = name
    this.#grants = grants
  }

  holdsOneOf(scopes: readonly Scope[]): boolean {
    return scopes.some((scope) => this.#grants.scopes.has(scope))
  }

  mayWriteTo(database: string): boolean {
    const { scopes, databases } = this.#grants
    return scopes.has('write') && (databases === undefined || databases.has(database))
  }
}
