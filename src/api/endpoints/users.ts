import type { FastifyRequest } from 'fastify'
import { type Permission, parsePermission, shownPermissions } from '../../auth/permissions.ts'
import { type User, type Users } from '../../auth/users.ts'
import { defineError } from '../../core/errors.ts'
import { findMember } from '../../core/json.ts'
import { compareBytes } from '../../model/bytes.ts'
import { type App, BASE } from '../app.ts'
import { listMember, objectOf, textMember, wordMember } from '../body.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { needs } from '../needs.ts'
import { InvalidJson } from '../problems.ts'
import { page, pagingOf, queryOf, UnsupportedField } from '../query.ts'
import { expensive } from '../rate-limit.ts'

/** Users, as Kapacitor has them. Differs: they are for admins alone; in the original whoever has `api` makes admins. */
const PATH = `${BASE}/users`

const UserNameMissing = defineError('USER_PATH', 400, () => 'must specify username on path')

export function userEndpoints(app: App, { users }: { readonly users: Users }): void {
  const changeOf = (id: string): ChangedThing => ({ kind: 'user', id, read: (name) => resource(users.get(name)) })

  app.get(PATH, needs('admin'), (request) => {
    const query = queryOf(request)
    const named = users.all.map((user) => ({ id: user.name, user })).sort((a, b) => compareBytes(a.id, b.id))
    // Differs: a bad offset or limit is an error alone; in the original the list stands behind it.
    const found = page(named, pagingOf(query))
    if (found.length === 0) return { users: [] }
    const names = fieldsOf(query)
    return { users: found.map(({ user }) => Object.fromEntries(names.map((name) => [name, MEMBERS[name]!(user)]))) }
  })

  app.post(PATH, expensive(changes('admin', () => changeOf(''))), async (request) => {
    const body = objectOf(request)
    const name = textMember(body, 'name')
    const type = wordMember(body, 'type', ['normal', 'admin']) || 'normal'
    const permissions = listMember(body, 'permissions', permissionsOf).flat()
    return resource(await users.create({ name, type, permissions }, textMember(body, 'password')))
  })

  app.get(`${PATH}/*`, needs('admin'), (request) => resource(users.get(nameOf(request))))

  app.patch(`${PATH}/*`, expensive(changes('admin', (request) => changeOf(nameOf(request)))), async (request) => {
    const body = objectOf(request)
    const permissions = findMember(body, 'permissions') ?? null
    return resource(
      await users.patch(nameOf(request), {
        password: textMember(body, 'password') || undefined,
        type: wordMember(body, 'type', ['normal', 'admin']) || undefined,
        permissions: permissions === null ? undefined : listMember(body, 'permissions', permissionsOf).flat()
      })
    )
  })

  app.delete(
    `${PATH}/*`,
    changes('admin', (request) => changeOf(nameOf(request))),
    async (request, reply) => {
      await users.remove(nameOf(request))
      return reply.code(204).send()
    }
  )
}

/** Members of a user, in the order of single answers. */
const MEMBERS: Readonly<Record<string, (user: User) => unknown>> = {
  link: ({ name }) => ({ rel: 'self', href: `${PATH}/${name}` }),
  name: ({ name }) => name,
  type: ({ type }) => type,
  permissions: ({ permissions }) => shownPermissions(permissions)
}

function resource(user: User): object {
  return Object.fromEntries(Object.entries(MEMBERS).map(([name, member]) => [name, member(user)]))
}

/** The members that `fields` names, name and link always, sorted. */
function fieldsOf(query: URLSearchParams): readonly string[] {
  const asked = query.getAll('fields')
  for (const name of asked) if (!Object.hasOwn(MEMBERS, name)) throw UnsupportedField(name)
  return [...new Set(asked.length === 0 ? Object.keys(MEMBERS) : ['link', 'name', ...asked])].sort()
}

function permissionsOf(json: unknown): readonly Permission[] {
  const permissions = typeof json === 'string' ? parsePermission(json) : undefined
  if (permissions === undefined) throw InvalidJson()
  return permissions
}

function nameOf(request: FastifyRequest): string {
  const name = (request.params as { '*': string })['*']
  if (name === '') throw UserNameMissing()
  return name
}
