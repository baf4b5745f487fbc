import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { collected } from '../support.ts'
import { openHandler, optionsIn } from './rig.ts'
import { eventually } from '../../support/eventually.ts'

const event = collected({
  id: 'id-<a>',
  details: '<b>"x"</b>',
  durationNs: 60_500_000_000n,
  dataJson: '{"series":[{"values":[[9223372036854775807,1.0]]}]}'
})
const JSON_LINE =
  '{"id":"id-\\u003ca\\u003e","message":"id is CRITICAL","details":"\\u003cb\\u003e\\"x\\"\\u003c/b\\u003e",' +
  '"time":"2017-07-14T02:40:00Z","duration":60500000000,"level":"CRITICAL",' +
  '"data":{"series":[{"values":[[9223372036854775807,1.0]]}]},"previousLevel":"OK","recoverable":true}'

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'handlers-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

t.test('log appends a line to a file that it makes', async (t) => {
  const path = join(folder(t), 'alerts.log')
  const handler = openHandler('log', { path })
  await handler.send(event)
  await handler.send(event)
  t.equal(readFileSync(path, 'utf8'), `${JSON_LINE}\n${JSON_LINE}\n`)
  t.equal(statSync(path).mode & 0o777, 0o600)

  const open = join(folder(t), 'open.log')
  await openHandler('log', { path: open, mode: 0o644 }).send(event)
  t.equal(statSync(open).mode & 0o777, 0o644 & ~process.umask())
  await t.rejects(openHandler('log', { path: join(path, 'x') }).send(event), {
    message: /^failed to open file for alert logging: ENOTDIR/
  })
})

t.test('exec runs a program with the event on its standard input', async (t) => {
  const out = join(folder(t), 'out')
  const script = join(folder(t), 'run.sh')
  writeFileSync(script, '#!/bin/sh\necho "$2" >"$1"\ncat >>"$1"\n', { mode: 0o755 })
  await openHandler('exec', { prog: script, args: [out, 'two words'] }).send(event)
  t.equal(readFileSync(out, 'utf8'), `two words\n${JSON_LINE}\n`)
})

t.test('exec tells a program the key of the event, and ends it when it takes too long', async (t) => {
  const controller = new AbortController()
  const attempt = { key: 'abc', signal: controller.signal }
  const handler = openHandler('exec', { prog: '/bin/sh', args: ['-c', 'test "$KAPOK_IDEMPOTENCY_KEY" = abc'] })
  await handler.send(event, attempt)
  const slow = openHandler('exec', { prog: '/bin/sleep', args: ['100'] }).send(event, attempt)
  controller.abort()
  await t.rejects(slow, { message: /^exec command failed: / })
})

t.test('exec says how a program failed, and does not mind one that reads nothing', async (t) => {
  const shell = (command: string) => openHandler('exec', { prog: '/bin/sh', args: ['-c', command] }).send(event)
  await shell('exec <&-; exit 0')
  await t.rejects(shell('echo out; echo err >&2; exit 3'), {
    failure: 'refused',
    message: 'exec command failed: exit status 3, output: out\nerr'
  })
  await t.rejects(shell('kill -9 $$'), { message: 'exec command failed: signal: killed, output: ' })
  await t.rejects(openHandler('exec', { prog: '/no/such' }).send(event), {
    failure: 'failed',
    message: 'exec command failed: exec: "/no/such": executable file not found in $PATH'
  })
})

t.test(
  'a program gets nothing of the environment that could be a secret, and ends with all that it has started',
  async (t) => {
    process.env.KAPOK_PLANTED_SECRET = 'hidden'
    t.teardown(() => delete process.env.KAPOK_PLANTED_SECRET)
    const shell = (command: string) => openHandler('exec', { prog: '/bin/sh', args: ['-c', command] })
    await shell('test -z "$KAPOK_PLANTED_SECRET" && test -n "$PATH"').send(event)
    const pids = join(folder(t), 'pids')
    const handler = shell(`sleep 100 & echo $! > ${pids}; wait`)
    const running = handler.send(event).catch(() => undefined)
    await eventually('the child', () => existsSync(pids) && readFileSync(pids, 'utf8') !== '')
    handler.close?.()
    await running
    const child = Number(readFileSync(pids, 'utf8'))
    const isGone = () =>
      !existsSync(`/proc/${child}`) || /State:\tZ/.test(readFileSync(`/proc/${child}/status`, 'utf8'))
    await eventually('the end of the child', isGone)
    t.ok(isGone())
  }
)

t.test('closing stops a program that hangs', async (t) => {
  const handler = openHandler('exec', { prog: '/bin/sleep', args: ['100'] })
  const running = handler.send(event)
  handler.close?.()
  await t.rejects(running, { message: 'exec command failed: given up, output: ' })
})

t.test('tcp sends the event and two line breaks over a connection of its own', async (t) => {
  const texts: Promise<string>[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    texts.push(text(socket).finally(() => socket.end()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const handler = openHandler('tcp', { address: `127.0.0.1:${port}` })
  await handler.send(event)
  await handler.send(event)
  while (texts.length < 2) await new Promise((resolve) => server.once('connection', resolve))
  t.strictSame(await Promise.all(texts), [`${JSON_LINE}\n\n`, `${JSON_LINE}\n\n`])
  await new Promise((resolve) => server.close(resolve))
  await t.rejects(handler.send(event), {
    failure: 'unavailable',
    message: /^tcp handler failed to connect: .*ECONNREFUSED/
  })
  await t.rejects(openHandler('tcp', { address: 'nowhere' }).send(event), {
    failure: 'refused',
    message: 'tcp handler failed to connect: invalid address nowhere'
  })
})

t.test('sensu sends a line and wants ok for an answer', async (t) => {
  let answer = 'ok'
  const lines: string[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let line = ''
    socket.setEncoding('utf8').on('data', (data) => (line += String(data)))
    socket.on('end', () => {
      lines.push(line)
      socket.end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const sensu = { enabled: true, addr: `127.0.0.1:${(server.address() as AddressInfo).port}` }
  const { kind, options } = optionsIn(
    `.sensu().source('{{ .Name }}').handlers('h1').metadata('team', 'x').metadata('status', 9)`
  )
  t.strictSame(options, { source: '{{ .Name }}', handlers: ['h1'], metadata: { team: 'x', status: 9n } })
  await openHandler(kind, options, { sensu }).send(collected({ id: 'a.b-c', message: 'M', level: 3 }))
  await openHandler(kind, {}, { sensu: { ...sensu, handlers: ['d'] } }).send(
    collected({ id: 'a', message: 'M', level: 1 })
  )
  await openHandler(kind, { metadata: { many: [1, 2.5] } }, { sensu: { ...sensu, source: '' } }).send(
    collected({ id: 'b', message: 'M', level: 2 })
  )
  t.strictSame(lines, [
    '{"handlers":["h1"],"name":"a.b-c","output":"M","source":"cpu","status":2,"team":"x"}\n',
    '{"handlers":["d"],"name":"a","output":"M","source":"Kapacitor","status":0}\n',
    '{"handlers":null,"many":[1,2.5],"name":"b","output":"M","source":"","status":1}\n'
  ])
  answer = 'no'
  await t.rejects(openHandler(kind, {}, { sensu }).send(collected({ id: 'a' })), { message: 'sensu socket error: no' })
  await t.rejects(openHandler(kind, {}, { sensu }).send(collected({ id: 'cpu:nil' })), {
    failure: 'refused',
    message: 'invalid name "cpu:nil" for sensu alert. Must match ^[\\w\\.-]+$'
  })
})
