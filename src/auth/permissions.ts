import type { Grants } from './principal.ts'
import { type Scope, withImplied } from './scope.ts'

/** Kapacitor's permissions of a user, in the order in which they are shown. */
export const PERMISSIONS = ['api', 'config_api', 'write_points'] as const
export type Permission = (typeof PERMISSIONS)[number]
export type UserType = 'normal' | 'admin'

/**
 * Differs: `api` reaches neither users and tokens nor the backup, by which it would be whoever it likes.
 * Differs: `write_points` lets a user write to every database; in the original it lets nobody write.
 */
const SCOPES_OF: Readonly<Record<Permission, readonly Scope[]>> = {
  api: ['read', 'tasks', 'alerts', 'notify', 'silences'],
  config_api: ['config'],
  write_points: ['write']
}

/** What a client may give: all of them have a name, and so has nothing. */
export function parsePermission(name: string): readonly Permission[] | undefined {
  if (name === 'all') return PERMISSIONS
  if (name === 'none') return []
  return PERMISSIONS.filter((permission) => permission === name).length === 1 ? [name as Permission] : undefined
}

/** Sorted, none twice; all three are shown as one. */
export function shownPermissions(permissions: readonly Permission[]): readonly string[] {
  return permissions.length === PERMISSIONS.length ? ['all'] : permissions
}

export function uniquePermissions(permissions: readonly Permission[]): readonly Permission[] {
  return PERMISSIONS.filter((permission) => permissions.includes(permission))
}

export function grantsOf(type: UserType, permissions: readonly Permission[]): Grants {
  return {
    scopes: withImplied(type === 'admin' ? ['admin'] : permissions.flatMap((permission) => SCOPES_OF[permission]))
  }
}
