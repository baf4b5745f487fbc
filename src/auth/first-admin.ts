import { defineError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Users } from './users.ts'

export const AdminMissing = defineError(
  'ADMIN_MISSING',
  500,
  () =>
    'http.auth-enabled is set and there is no admin yet: set auth.admin-user and auth.admin-password-file ' +
    '(or KAPOK_AUTH_ADMIN_USER and KAPOK_AUTH_ADMIN_PASSWORD) for the first start'
)

/**
 * Makes the first admin, so that a server with a lock also has a key. Once there is an admin, what stands in the
 * configuration changes nothing. Fails with ADMIN_MISSING.
 */
export async function ensureAdmin(users: Users, name: string, password: string, log: Logger): Promise<void> {
  if (users.hasAdmin) return
  if (name === '' || password === '') throw AdminMissing()
  const made =
    users.find(name) === undefined
      ? await users.create({ name, type: 'admin', permissions: [] }, password)
      : await users.patch(name, { password, type: 'admin', permissions: undefined })
  log.info('made the first admin', { user: made.name })
}
