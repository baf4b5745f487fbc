import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SecretFiles } from '../../src/config/secret-files.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { bearerOf } from '../../src/influxdb/bearer.ts'
import { followSecretFiles } from '../../src/server/secrets.ts'
import { Receiver } from '../alert/rig.ts'
import { clientOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { testFolder } from '../support/folder.ts'
import { startMailServer } from '../support/mail-server.ts'
import { testServer } from '../support/server.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { AS_ADMIN, WITH_ADMIN } from '../support/admin.ts'
import { secret } from '../support/secret.ts'

t.setTimeout(120_000)

t.test(
  'the secret of a file that changes is in force without a restart, and stays so when the file goes',
  async (t) => {
    const folder = testFolder(t)
    const file = join(folder, 'token')
    writeFileSync(file, `${secret('first')}\n`)
    const { url, lines } = await testServer(
      t,
      { KAPOK_NOTIFY_AUTH_TOKEN_FILE: file, KAPOK_DATA_DIR: join(folder, 'data') },
      'debug'
    )
    const statusWith = async (token: string): Promise<number> =>
      (await clientOf(url, { authorization: `Bearer ${token}` }, '')('GET /alerts')).status
    t.equal(await statusWith(secret('first')), 200)
    t.equal(await statusWith(secret('second')), 401)

    writeFileSync(`${file}.new`, `${secret('second')}\n`)
    renameSync(`${file}.new`, file)
    await eventually('the second token', async () => (await statusWith(secret('second'))) === 200)
    t.equal(await statusWith(secret('first')), 401)

    rmSync(file)
    await eventually('a line about the file', () =>
      lines.some((line) => line.includes('the secret that it held stays in force'))
    )
    t.equal(await statusWith(secret('second')), 200)
  }
)

const SECRETS = ['jwt', 'influxdb', 'smtp', 'alerta', 'webhook', 'handler'] as const
type Secret = (typeof SECRETS)[number]

t.test('the secret of a file that changes reaches whoever uses it', async (t) => {
  const folder = testFolder(t)
  const receiver = await Receiver.start(t)
  receiver.answer = { status: 201, body: '{"results":[]}' }
  const mail = await startMailServer(t)
  const secretOf = (name: Secret, turn: string): string =>
    name === 'webhook' ? `${receiver.url}/${secret(turn)}` : secret(`${name}-${turn}`)
  const putAll = (turn: string): void => {
    for (const name of SECRETS) {
      writeFileSync(join(folder, 'new'), `${secretOf(name, turn)}\n`)
      renameSync(join(folder, 'new'), join(folder, name))
    }
  }
  putAll('first')
  mkdirSync(join(folder, 'config', 'routes'), { recursive: true })
  mkdirSync(join(folder, 'load', 'handlers'), { recursive: true })
  writeFileSync(
    join(folder, 'config', 'routes', 'r.yaml'),
    `[{ type: alerta, resource: r }, { type: smtp, to: [a@example.com] }, { type: slack, url_file: ${folder}/webhook }]`
  )
  const handler = { topic: 'loaded', id: 'h', kind: 'alerta', options: { 'token-file': '../handler' } }
  writeFileSync(join(folder, 'load', 'handlers', 'h.json'), JSON.stringify(handler))
  const { url } = await testServer(t, {
    ...{ KAPOK_DATA_DIR: join(folder, 'data'), KAPOK_NOTIFY_FOLDER: join(folder, 'config') },
    ...{ KAPOK_NOTIFY_INITIAL_INTERVAL: '10ms', KAPOK_NOTIFY_MAX_INTERVAL: '10ms', KAPOK_NOTIFY_FALLBACK_ROUTE: 'r' },
    ...WITH_ADMIN,
    KAPOK_HTTP_SHARED_SECRET_FILE: join(folder, 'jwt'),
    ...{ KAPOK_SMTP_ENABLED: 'true', KAPOK_SMTP_HOST: '127.0.0.1', KAPOK_SMTP_PORT: String(mail.section.port) },
    ...{ KAPOK_SMTP_FROM: 'k@example.com', KAPOK_SMTP_USERNAME: 'u', KAPOK_SMTP_PASSWORD_FILE: join(folder, 'smtp') },
    ...{ KAPOK_ALERTA_ENABLED: 'true', KAPOK_ALERTA_URL: `${receiver.url}/alerta`, KAPOK_ALERTA_ENVIRONMENT: 'e' },
    ...{ KAPOK_ALERTA_ORIGIN: 'o', KAPOK_ALERTA_TOKEN_FILE: join(folder, 'alerta') },
    ...{ KAPOK_INFLUXDB_0_ENABLED: 'true', KAPOK_INFLUXDB_0_URLS_0: receiver.url, KAPOK_INFLUXDB_0_USERNAME: 'u' },
    ...{ KAPOK_INFLUXDB_0_DISABLE_SUBSCRIPTIONS: 'true', KAPOK_INFLUXDB_0_PASSWORD_FILE: join(folder, 'influxdb') },
    ...{ KAPOK_LOAD_ENABLED: 'true', KAPOK_LOAD_DIR: join(folder, 'load') }
  })
  const [root, atRoot] = [clientOf(url, AS_ADMIN), clientOf(url, AS_ADMIN, '')]
  const dbrps = [{ db: 'db', rp: 'rp' }]
  const scripts = {
    batch: "batch|query('SELECT v FROM db.rp.m').period(1s).every(200ms)",
    stream: "stream|from()|alert().crit(lambda: TRUE).topic('loaded')"
  }
  for (const [type, script] of Object.entries(scripts)) {
    t.equal((await root('POST /tasks', { id: type, type, dbrps, script, status: 'enabled' })).status, 200)
  }
  const post = async (): Promise<void> => {
    await root('POST /write?db=db&rp=rp', 'm v=1')
    await atRoot('POST /alerts', { From: 'f', Title: 'title', Host: 'h' })
  }
  const hasAuthorized = (path: string, authorization: string): boolean =>
    receiver.posts.some((one) => one.path.startsWith(path) && one.headers.authorization === authorization)
  const jwtStatus = async (secret: string): Promise<number> =>
    (await clientOf(url, { authorization: `Bearer ${bearerOf('root', secret, Date.now())}` })('GET /tasks')).status
  const uses: Readonly<Record<Secret, (secret: string) => boolean | Promise<boolean>>> = {
    jwt: async (secret) => (await jwtStatus(secret)) === 200,
    influxdb: (secret) => hasAuthorized('/query', `Basic ${btoa(`u:${secret}`)}`),
    smtp: (secret) => mail.logins.includes(` u ${secret}`),
    alerta: (secret) => hasAuthorized('/alerta', `Bearer ${secret}`),
    webhook: (secret) => receiver.posts.some(({ path }) => secret.endsWith(path)),
    handler: (secret) => hasAuthorized('/alerta', `Bearer ${secret}`)
  }
  for (const turn of ['first', 'second'] as const) {
    putAll(turn)
    for (const [name, isUsed] of Object.entries(uses)) {
      const current = secretOf(name as Secret, turn)
      await eventually(`${name}: ${current}`, async () => {
        await post()
        return await isUsed(current)
      })
      t.pass(`${name}: ${current}`)
    }
  }
  t.equal(await jwtStatus(secretOf('jwt', 'first')), 401)
})

t.test('changed secrets that cannot be used are tried again at each look, and told once for each error', async (t) => {
  const file = join(testFolder(t), 'secret')
  writeFileSync(file, 'one')
  const clock = new ManualClock(0)
  const files = new SecretFiles()
  files.read(file)
  const errors = ['bad', 'bad', 'worse', 'bad']
  const lines: string[] = []
  let calls = 0
  const stop = followSecretFiles({
    ...{ clock, files, subject: 'the test' },
    log: {
      ...silentLogger,
      error: (text, fields) => void lines.push(`${text} ${JSON.stringify(fields)}`),
      info: (text) => void lines.push(text)
    },
    takeOver() {
      const error = errors[calls++]
      return error === undefined ? Promise.resolve() : Promise.reject(new Error(error))
    }
  })
  t.teardown(stop)
  const look = async (): Promise<void> => {
    clock.advance(1000)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await look()
  t.equal(calls, 0)
  writeFileSync(file, 'another')
  for (let i = 0; i < 7; i++) await look()
  t.equal(calls, 5, 'until it works')
  t.match(lines, [/cannot be used.*"bad"/, /cannot be used.*"worse"/, /in force/])
  t.equal(lines.length, 3)
})
