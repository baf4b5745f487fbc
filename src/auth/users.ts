import { defineError } from '../core/errors.ts'
import { quote } from '../core/print.ts'
import { Serial } from '../core/serial.ts'
import type { UserRecord, UserStore } from '../store/users.ts'
import type { Passwords } from './password.ts'
import { type Permission, uniquePermissions, type UserType } from './permissions.ts'

export interface User {
  readonly name: string
  readonly type: UserType
  readonly permissions: readonly Permission[]
}

/** What of a user is to be changed; undefined stays. */
export interface UserChange {
  readonly password: string | undefined
  readonly type: UserType | undefined
  readonly permissions: readonly Permission[] | undefined
}

export const UserNotFound = defineError('USER_UNKNOWN', 404, () => 'no user exists')
const UserNotUpdated = defineError(
  'USER_NOT_UPDATED',
  500,
  () => 'failed to create user: updating user: no user exists' // [sic]
)
const NameMissing = defineError('USER_NAME_MISSING', 400, () => 'username is required')
const NameInvalid = defineError(
  'USER_NAME_INVALID',
  400,
  (name: string) => `username must contain only letters, numbers, '-', '.', '@' and '_'. ${quote(name)}`
)
const UserExists = defineError(
  'USER_EXISTS',
  409,
  (name: string) => `user ${quote(name)} already exists: change it with PATCH`
)
const PasswordMissing = defineError('USER_PASSWORD_MISSING', 400, () => 'password is required')
const PasswordTooLong = defineError(
  'USER_PASSWORD_LONG',
  400,
  () => `a password has at most ${PASSWORD_MAX_BYTES} bytes`
)
const LastAdmin = defineError(
  'USER_LAST_ADMIN',
  409,
  (name: string) => `${quote(name)} is the last admin: make another user an admin first`
)

/** Differs: longer passwords than 72 bytes are taken, which the original's hash cannot. */
const PASSWORD_MAX_BYTES = 1024

/** The users, all of them in memory and each change of them stored. */
export class Users {
  readonly #store: UserStore
  readonly #passwords: Passwords
  readonly #serial = new Serial()
  readonly #records = new Map<string, UserRecord>()
  readonly #listeners: (() => void)[] = []

  private constructor(store: UserStore, passwords: Passwords) {
    this.#store = store
    this.#passwords = passwords
  }

  static async open(store: UserStore, passwords: Passwords): Promise<Users> {
    const users = new Users(store, passwords)
    for (const record of await store.all()) users.#records.set(record.name, record)
    return users
  }

  /** Calls back whenever what a user may do, or by which password, has changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  get all(): readonly User[] {
    return [...this.#records.values()].map(userOf)
  }

  get hasAdmin(): boolean {
    return this.all.some(({ type }) => type === 'admin')
  }

  find(name: string): User | undefined {
    const record = this.#records.get(name)
    return record && userOf(record)
  }

  /** Fails with USER_UNKNOWN. */
  get(name: string): User {
    const user = this.find(name)
    if (user === undefined) throw UserNotFound()
    return user
  }

  /** @returns The user whose password it is; undefined where there is none. Fails with LOGINS_BUSY. */
  async login(name: string, password: string): Promise<User | undefined> {
    const record = this.#records.get(name)
    if (Buffer.byteLength(password) > PASSWORD_MAX_BYTES) return undefined
    const isRight = await this.#passwords.matches(password, record?.hash)
    // The password may have been changed meanwhile.
    return isRight && this.#records.get(name)?.hash === record?.hash ? this.find(name) : undefined
  }

  /**
   * Fails with USER_EXISTS and the like. Differs: a name that is taken is refused with 409; the original answers 200 with
   * a user without a name, and loses the password and permissions that were given.
   */
  create(user: User, password: string): Promise<User> {
    if (user.name === '') throw NameMissing()
    if (!/^[\p{L}\p{Nd}\-.@_]+$/u.test(user.name)) throw NameInvalid(user.name)
    if (password === '') throw PasswordMissing()
    return this.#serial.run(async () => {
      if (this.#records.has(user.name)) throw UserExists(user.name)
      return await this.#put({ ...user, hash: await this.#hash(password) })
    })
  }

  /** An admin needs no permissions, and keeps none. Fails with USER_NOT_UPDATED or USER_LAST_ADMIN. */
  patch(name: string, { password, type, permissions }: UserChange): Promise<User> {
    return this.#serial.run(async () => {
      const record = this.#records.get(name)
      if (record === undefined) throw UserNotUpdated()
      if (type === 'normal') this.#refuseForLastAdmin(record)
      const hash = password === undefined ? record.hash : await this.#hash(password)
      return await this.#put({
        ...{ name, hash, type: type ?? record.type },
        permissions: type === 'admin' ? [] : (permissions ?? record.permissions)
      })
    })
  }

  /** Nothing happens where there is no such user. Fails with USER_LAST_ADMIN. */
  remove(name: string): Promise<void> {
    return this.#serial.run(async () => {
      const record = this.#records.get(name)
      if (record === undefined) return
      this.#refuseForLastAdmin(record)
      await this.#store.remove(name)
      this.#records.delete(name)
      this.#tell()
    })
  }

  /** Differs: the last admin can neither be deleted nor give up its rank, after which nobody could make another. */
  #refuseForLastAdmin({ name, type }: UserRecord): void {
    const isOnly = type === 'admin' && !this.all.some((user) => user.type === 'admin' && user.name !== name)
    if (isOnly) throw LastAdmin(name)
  }

  async #hash(password: string): Promise<string> {
    if (Buffer.byteLength(password) > PASSWORD_MAX_BYTES) throw PasswordTooLong()
    return await this.#passwords.hash(password)
  }

  async #put(record: UserRecord): Promise<User> {
    await this.#store.put(record)
    this.#records.set(record.name, record)
    this.#tell()
    return userOf(record)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function userOf({ name, type, permissions }: UserRecord): User {
  return { name, type, permissions: uniquePermissions(permissions as readonly Permission[]) }
}
