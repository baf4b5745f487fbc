import { writeFileSync } from 'node:fs'
import t from 'tap'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'
import { run } from './run.ts'
import { WITH_ADMIN } from '../support/admin.ts'
import { secret } from '../support/secret.ts'

const folder = testFolder(t)

t.test('a token is made, listed and revoked from the command line', async (t) => {
  const { url } = await testServer(t, { ...WITH_ADMIN, KAPOK_AUTH_ADMIN_PASSWORD: secret(':') })
  const withUser = url.replace('//', `//root:${encodeURIComponent(secret(':'))}@`)
  const made = await run(['token', 'create', '--name', 'ci', '--scope', 'admin', '--scope', 'write:a'], {
    KAPACITOR_URL: withUser
  })
  t.match(made, { code: 0, error: '', out: /^kapok_[\da-f]{12}_[\w-]{43}\n$/ })

  writeFileSync(`${folder}/token`, made.out)
  const args = ['--url', url, '--token-file', `${folder}/token`]
  const brief = await run([
    'token',
    'create',
    '--json',
    '--name',
    'brief',
    '--scope',
    'read',
    '--expires-in',
    '1h',
    ...args
  ])
  const { id } = JSON.parse(brief.out) as { readonly id: string }
  const list = await run(['token', 'list', ...args])
  t.match(list.out, /^ID +Name +Scopes +Made by +Expires +Last used\n/)
  t.match(list.out, new RegExp(`\n${id}  brief  read +token ci  \\d{4}-[^ ]+Z  never\n`))
  t.match(list.out, /  ci +admin,write:a  root +never +\d{4}-/)
  t.strictSame(await run(['token', 'revoke', id, ...args]), { code: 0, out: '', error: '' })
  t.notMatch((await run(['token', 'list', ...args])).out, id)
})

t.test('what goes wrong says which server said what, without its password', async (t) => {
  const { url } = await testServer(t)
  t.match(await run(['token', 'revoke', 'none'], { KAPOK_URL: url.replace('//', `//a:${secret('password')}@`) }), {
    code: 1,
    error: `token: ${url}: 404 there is no token none\n`
  })
  t.match(await run(['token', 'create', '--scope', 'read', '--url', url]), {
    code: 1,
    error: /400 a token needs a name/
  })
  for (const args of [[], ['revoke'], ['list', 'x'], ['nothing']]) {
    t.match(await run(['token', ...args]), { code: 2, error: /^Usage: kapok token create --name NAME/ })
  }
})
