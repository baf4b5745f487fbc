import { secret } from './secret.ts'

const PASSWORD = secret('admin-password')

/** Environment of a server that asks who comes, and knows `root`. Its hashes are cheap. */
export const WITH_ADMIN = {
  KAPOK_HTTP_AUTH_ENABLED: 'true',
  KAPOK_AUTH_SCRYPT_COST: '10',
  KAPOK_AUTH_ADMIN_USER: 'root',
  KAPOK_AUTH_ADMIN_PASSWORD: PASSWORD
} as const

/** The header of a user's login. */
export function loginOf(name: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

/** That of `root` on a server of `WITH_ADMIN`. */
export const AS_ADMIN = loginOf('root', PASSWORD)
