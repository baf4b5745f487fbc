import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import t from 'tap'
import { SCOPES } from '../../src/auth/scope.ts'
import { clientOf } from '../support/client.ts'
import { testServer } from '../support/server.ts'
import { AS_ADMIN, loginOf, WITH_ADMIN } from '../support/admin.ts'
import { secret } from '../support/secret.ts'

/**
 * Every route against every kind of caller, as a table that a reader can check: `UPDATE=1 node --import tsx
 * test/auth/routes.test.ts` writes it anew. A code is a refusal, `+` means that the request reached its endpoint.
 */
const TABLE = 'test/auth/routes.txt'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const PERMISSIONS = ['api', 'config_api', 'write_points', 'none']

/** Headers by the name of the column. */
type Callers = Readonly<Record<string, Readonly<Record<string, string>>>>

function statusOf(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>
): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      // Some answers never end, and some are long.
      answer.on('error', () => {}).destroy()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })
}

t.test(
  'each route lets in who holds what it needs, and nobody else, no foreign page and under no foreign name',
  async (t) => {
    const { url } = await testServer(t, WITH_ADMIN)
    const admin = clientOf(url, AS_ADMIN)
    const callers: Record<string, Record<string, string>> = { nobody: {} }
    for (const scope of SCOPES) {
      const { token } = (await admin('POST /kapok/v1/tokens', { name: scope, scopes: [scope] })).body
      callers[scope] = { authorization: `Bearer ${String(token)}` }
    }
    for (const name of PERMISSIONS) {
      await admin('POST /users', { name, password: secret(name), permissions: [name] })
      callers[`user ${name}`] = loginOf(name, secret(name))
    }
    callers['foreign Origin'] = { ...AS_ADMIN, origin: 'http://evil.test' }
    callers['foreign Host'] = { ...AS_ADMIN, host: 'evil.test' }

    const { body } = await admin('GET /:routes')
    const routes = Object.entries(body as Readonly<Record<string, readonly string[]>>)
    const table = await tableOf(url, routes, callers)
    if (process.env.UPDATE === '1') writeFileSync(TABLE, table)
    t.equal(table, readFileSync(TABLE, 'utf8'))
    const open = table.split('\n').filter((line) => /^(GET|POST|PUT|PATCH|DELETE) +\S+ +\+/.test(line))
    t.strictSame(open, [], 'no route answers a stranger')
  }
)

async function tableOf(url: string, routes: readonly (readonly [string, readonly string[]])[], callers: Callers) {
  const rows = [['Method', 'Route', ...Object.keys(callers)]]
  for (const [route, methods] of [...routes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = route.replace(/:(?!routes)\w+/g, '1').replace(/\/$/, '/1')
    for (const method of METHODS.filter((one) => methods.includes(one))) {
      const target = `${path}${path.endsWith('write') ? '?db=d' : ''}`
      const codes = await Promise.all(Object.values(callers).map((headers) => statusOf(url, method, target, headers)))
      rows.push([method, route, ...codes.map((code) => (code === 401 || code === 403 ? String(code) : '+'))])
    }
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`
    )
    .join('')
}
