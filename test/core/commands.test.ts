import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Commands } from '../../src/core/commands.ts'
import { testFolder } from '../support/folder.ts'

/** `tools/hello`, `other/hello`, and `tools/away`, a link to `other`. */
function programs(t: Test): string {
  const folder = testFolder(t)
  for (const name of ['tools', 'other']) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'hello'), `#!/bin/sh\necho "$0 ${name}"\n`, { mode: 0o755 })
  }
  symlinkSync('../other', join(folder, 'tools', 'away'))
  symlinkSync('tools', join(folder, 'link'))
  return folder
}

t.test('a program runs only where its path or its folder is on the list', (t) => {
  const folder = programs(t)
  const at = (path: string) => join(folder, path)
  const cases: readonly [allowed: readonly string[], program: string, isAllowed: boolean][] = [
    [[], at('tools/hello'), false],
    [['*'], 'whatever', true],
    [[at('tools/hello')], at('tools/hello'), true],
    [[at('tools/hello')], at('other/hello'), false],
    [[at('tools/hello')], at('tools/hell'), false],
    [[at('tools')], at('tools/hello'), true],
    [[at('tools')], at('tools/../other/hello'), false],
    [[at('tools/')], `${folder}/other/../tools/hello`, true],
    [[at('tools')], at('tools/away/hello'), false],
    [[at('link')], at('tools/hello'), true],
    [[at('tools')], at('link/hello'), true],
    [[at('tools')], '', false],
    [[at('tools')], 'hello', false],
    // Where /bin is a link to /usr/bin, both are one folder.
    [['/bin/sh'], 'sh', true],
    [['/usr/bin/sh', '/bin/sh'], '/bin/sh', true],
    [['/bin/sh'], 'cat', false]
  ]
  for (const [allowed, program, isAllowed] of cases) {
    const commands = new Commands({ allowed, environment: ['PATH'] })
    const check = () => commands.check([program, 'argument'])
    const name = `${program} where ${allowed.join()} is allowed`
    if (isAllowed) t.doesNotThrow(check, name)
    else t.throws(check, { code: 'COMMAND_FORBIDDEN', status: 400, message: /security\.allow-commands/ }, name)
  }
  t.end()
})

t.test('a program that is replaced by a link out of its folder after the check is not run', async (t) => {
  const folder = programs(t)
  const commands = new Commands({ allowed: [join(folder, 'tools')], environment: [] })
  const program = join(folder, 'link', 'hello')
  commands.check([program])
  t.match(await commands.run([program], { timeoutMs: 0, captures: true }), { status: 0, output: /tools\/hello tools/ })
  unlinkSync(join(folder, 'link'))
  symlinkSync('other', join(folder, 'link'))
  t.match(await commands.run([program], { timeoutMs: 0, captures: true }), {
    status: undefined,
    error: `the command ${program} is not allowed: security.allow-commands has to have its absolute path or its folder`,
    output: ''
  })
})

t.test('a program gets the variables that are named, and no others', async (t) => {
  process.env.KAPOK_PLANTED = 'secret'
  process.env.PLANTED = 'wanted'
  t.teardown(() => {
    delete process.env.KAPOK_PLANTED
    delete process.env.PLANTED
  })
  const commands = new Commands({ allowed: ['/bin/sh'], environment: ['PLANTED', 'MISSING'] })
  const { output } = await commands.run(['/bin/sh', '-c', 'echo "$KAPOK_PLANTED,$PLANTED,${MISSING-none},$KEY"'], {
    ...{ timeoutMs: 0, captures: true, environment: { KEY: 'k' } }
  })
  t.equal(output, ',wanted,none,k\n')
})
