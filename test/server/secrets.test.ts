import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { clientOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'

t.setTimeout(120_000)

t.test(
  'the secret of a file that changes is in force without a restart, and stays so when the file goes',
  async (t) => {
    const folder = testFolder(t)
    const file = join(folder, 'token')
    writeFileSync(file, 'first\n')
    const { url, lines } = await testServer(
      t,
      { KAPOK_NOTIFY_AUTH_TOKEN_FILE: file, KAPOK_DATA_DIR: join(folder, 'data') },
      'debug'
    )
    const statusWith = async (token: string): Promise<number> =>
      (await clientOf(url, { authorization: `Bearer ${token}` }, '')('GET /alerts')).status
    t.equal(await statusWith('first'), 200)
    t.equal(await statusWith('second'), 401)

    writeFileSync(`${file}.new`, 'second\n')
    renameSync(`${file}.new`, file)
    await eventually('the second token', async () => (await statusWith('second')) === 200)
    t.equal(await statusWith('first'), 401)

    rmSync(file)
    await eventually('a line about the file', () =>
      lines.some((line) => line.includes('the secret that it held stays in force'))
    )
    t.equal(await statusWith('second'), 200)
    t.notMatch(lines.join(''), /first|second/, 'the log has neither')
  }
)
