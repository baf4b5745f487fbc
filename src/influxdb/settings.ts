/** A configured cluster. Plain data: it crosses to threads. */
export interface ClusterSettings {
  readonly name: string
  /** Used where no cluster is named. */
  readonly isDefault: boolean
  /** Requests take turns; where one does not answer, the next is asked. At least one. */
  readonly urls: readonly string[]
  readonly username: string
  readonly password: string
  /** Instead of user name and password; '' is none. */
  readonly token: string
  /** Signs a token for each request instead of the password; '' is none. */
  readonly sharedSecret: string
  readonly tls: {
    /** Certificates of the authority in PEM; '' is none. */
    readonly ca: string
    readonly cert: string
    readonly key: string
    readonly acceptsAny: boolean
  }
  /** Time limit of one request; 0 is none. */
  readonly timeoutMs: number
  /** Whether writes are packed with gzip. */
  readonly isPacked: boolean
}
