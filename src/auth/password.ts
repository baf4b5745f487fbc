import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { LoginsBusy } from './errors.ts'

/** Passwords are kept as scrypt hashes (RFC 7914) with their own salt and costs: `scrypt$N$r$p$SALT$KEY`, base64. */
const deriveKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** What OWASP's cheat sheet on the storage of passwords advises: with N = 2^15 a hash takes 32 MiB and about 0.2 s. */
const COSTS = { r: 8, p: 3 }
const KEY_BYTES = 32
const SALT_BYTES = 16
/** Hashes that are computed side by side, and those that may wait for them: a flood of logins costs no more. */
const AT_A_TIME = 2
const WAITING_MAX = 32

interface Costs {
  readonly N: number
  readonly r: number
  readonly p: number
}

export class Passwords {
  readonly #cost: number
  #running = 0
  readonly #waiting: (() => void)[] = []
  #decoy: Promise<string> | undefined

  /** @param cost Base-2 logarithm of scrypt's N, for hashes that are made from now on. */
  constructor(cost: number) {
    this.#cost = cost
  }

  /** Fails with LOGINS_BUSY. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    const costs = { N: 2 ** this.#cost, ...COSTS }
    const key = await this.#derive(password, salt, KEY_BYTES, costs)
    return ['scrypt', costs.N, costs.r, costs.p, salt.toString('base64'), key.toString('base64')].join('$')
  }

  /**
   * Takes as long for a user that does not exist as for one that does.
   * @param hash Of the user's password; undefined where there is no such user. Fails with LOGINS_BUSY.
   */
  async matches(password: string, hash: string | undefined): Promise<boolean> {
    this.#decoy ??= this.hash(randomBytes(SALT_BYTES).toString('base64'))
    const [, N, r, p, salt, key] = (hash ?? (await this.#decoy)).split('$')
    const expected = Buffer.from(key!, 'base64')
    const costs = { N: Number(N), r: Number(r), p: Number(p) }
    const actual = await this.#derive(password, Buffer.from(salt!, 'base64'), expected.length, costs)
    return timingSafeEqual(actual, expected) && hash !== undefined
  }

  async #derive(password: string, salt: Buffer, bytes: number, costs: Costs): Promise<Buffer> {
    if (this.#running >= AT_A_TIME) {
      if (this.#waiting.length >= WAITING_MAX) throw LoginsBusy()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await deriveKey(password, salt, bytes, { ...costs, maxmem: 256 * costs.N * costs.r })
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
