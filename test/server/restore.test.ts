import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Decrypter } from 'age-encryption'
import t from 'tap'
import { encryptWithPassphrase } from '../../src/core/age.ts'
import { clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
import { secret } from '../support/secret.ts'
import { testServer } from '../support/server.ts'

t.setTimeout(180_000)

const PASSPHRASE = 'correct horse battery staple'
const TASK = {
  id: 'a',
  status: 'enabled',
  dbrps: [{ db: 'd', rp: 'r' }],
  script: "stream|from()|alert().topic('t').crit(lambda: TRUE)"
}

t.test(
  'a backup that is encrypted opens with the passphrase alone, and a server starts over it with all there was',
  async (t) => {
    const folder = testFolder(t)
    const file = join(folder, 'passphrase')
    writeFileSync(file, `${PASSPHRASE}\n`)
    const first = await testServer(t, { KAPOK_BACKUP_PASSPHRASE_FILE: file, KAPOK_DATA_DIR: join(folder, 'first') })
    const call = clientOf(first.url)
    t.match(await call('POST /tasks', TASK), { status: 200 })
    t.equal((await call('POST /write?db=d&rp=r', 'm v=1 1')).status, 204)
    const held = (await call('GET /kapok/v1/backup')).body
    t.match(held, { version: String, date: /^20\d\d-/, file: 'kapok.duckdb.age', encrypted: true })
    t.match(
      (held['tables'] as { name: string }[]).find(({ name }) => name === 'tasks'),
      { rows: 1 }
    )

    const answer = await fetch(`${first.url}/kapacitor/v1/storage/backup`)
    t.match(answer.headers.get('content-disposition'), /filename="kapok\.duckdb\.age"/)
    const encrypted = new Uint8Array(await answer.arrayBuffer())
    t.equal(answer.headers.get('content-length'), String(encrypted.length))
    t.match(Buffer.from(encrypted).toString('latin1'), /^age-encryption\.org\/v1\n-> scrypt \S+ 16\n/)
    t.notMatch(Buffer.from(encrypted).toString('latin1'), /stream\|from/)
    await first.close()

    const wrong = new Decrypter()
    wrong.addPassphrase('battery')
    await t.rejects(wrong.decrypt(encrypted))
    const right = new Decrypter()
    right.addPassphrase(PASSPHRASE)
    const second = join(folder, 'second')
    mkdirSync(second)
    writeFileSync(join(second, 'kapok.duckdb'), await right.decrypt(encrypted))
    const restored = clientOf((await testServer(t, { KAPOK_DATA_DIR: second })).url)
    t.match((await restored('GET /tasks/a')).body, { status: 'enabled', executing: true })
    t.match((await restored('GET /alerts/topics/t')).body, { level: 'CRITICAL' })
    t.match((await restored('GET /kapok/v1/backup')).body, { file: 'kapok.duckdb', encrypted: false })
  }
)

/** `age` asks its terminal for the passphrase; `script` (of util-linux) is one. */
const withoutAge =
  ['age', 'script'].some((name) => spawnSync(name, ['--version']).status !== 0) && 'no age or no script'

t.test('the tool of the format opens a backup that is encrypted', { skip: withoutAge }, async (t) => {
  const folder = testFolder(t)
  const passphrase = secret('backup of the tool')
  const { url } = await testServer(t, { KAPOK_BACKUP_PASSPHRASE: passphrase, KAPOK_DATA_DIR: join(folder, 'first') })
  await clientOf(url)('POST /tasks', TASK)
  const answer = await fetch(`${url}/kapacitor/v1/storage/backup`)
  const encrypted = join(folder, 'kapok.duckdb.age')
  writeFileSync(encrypted, new Uint8Array(await answer.arrayBuffer()))
  const second = join(folder, 'second')
  mkdirSync(second)

  const terminal = spawn('script', ['-qec', `age -d -o '${join(second, 'kapok.duckdb')}' '${encrypted}'`, '/dev/null'])
  terminal.stdout.on('data', (text: Buffer) => {
    if (text.includes('passphrase:')) terminal.stdin.write(`${passphrase}\n`)
  })
  t.strictSame(await once(terminal, 'close'), [0, null])
  t.equal(readFileSync(join(second, 'kapok.duckdb')).toString('latin1', 8, 12), 'DUCK')
  const restored = clientOf((await testServer(t, { KAPOK_DATA_DIR: second })).url)
  t.match((await restored('GET /tasks/a')).body, { status: 'enabled', executing: true })
})

t.test('what is encrypted lets go of its source where nobody reads on, and fails where that fails', async (t) => {
  const abandoned = new Readable({ read: () => undefined })
  const { content } = await encryptWithPassphrase(abandoned, 1, 'p')
  const closed = new Promise((resolve) => abandoned.once('close', resolve))
  content.destroy()
  await closed
  const broken = new Readable({ read: () => undefined })
  const encrypted = await encryptWithPassphrase(broken, 1, 'p')
  broken.destroy(new Error('the disk is gone'))
  await t.rejects(buffer(encrypted.content), { message: 'the disk is gone' })
})
