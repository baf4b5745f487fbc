import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Decrypter } from 'age-encryption'
import t from 'tap'
import { clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
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
    t.match(held, { version: String, file: 'kapok.duckdb.age', encrypted: true })
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
