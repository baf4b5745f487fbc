import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Turns } from '../../src/alert/turns.ts'
import { Receiver } from '../alert/rig.ts'
import { type NotifyRig, startNotify } from './rig.ts'
import type { Alert } from '../../src/notify/alert.ts'
import type { PartDefinition } from '../../src/notify/params.ts'
import { handlerKinds } from '../../src/alert/handlers/index.ts'
import { NOTHING } from '../support/allowed.ts'
import { testFolder } from '../support/folder.ts'
import { eventually } from '../support/eventually.ts'

const SAMPLE: Partial<Alert> = {
  from: 'mon',
  date: '2016-11-02T11:23:45.789123+09:00',
  host: 'host1',
  title: 'Disk <full> & more',
  message: 'line1 <b>&\nsecond',
  info: { severity: 'warning', n: 1_000_000, s: 'a<b', b: true, m: { a: [1, 'b'] }, z: null }
}

async function start(t: Test, transport: PartDefinition, options: Parameters<typeof startNotify>[1] = {}) {
  const rig = await startNotify(t, options)
  await rig.notify.configuration.putRoute('r', [transport])
  await rig.put('route', { type: 'route', routes: ['r'] })
  await rig.notify.start()
  t.teardown(() => rig.notify.configuration.close())
  return rig
}

/** Turns the clock until `isDone`, slowly enough for answers to come in between. */
async function turn({ clock, notify }: NotifyRig, stepMs: number, isDone: () => boolean): Promise<void> {
  await eventually('what is to be sent', async () => {
    if (isDone()) return true
    clock.advance(stepMs)
    for (let tick = 0; tick < 10 && !isDone(); tick++) await new Promise((resolve) => setImmediate(resolve))
    await notify.idle()
    return isDone()
  })
}

/** Lets one batch go out, and then time stand still until `isDone`. */
async function sendAll({ clock }: NotifyRig, isDone: () => boolean): Promise<void> {
  clock.advance(1000)
  await eventually('what is to be sent', isDone)
}

t.test('slack gets attachments, twenty a message, 1.1 s apart', async (t) => {
  const slack = await Receiver.start(t)
  const rig = await start(t, { type: 'slack', url: `${slack.url}/hook`, color: 'alert.Info.severity', name: 'k' })
  await rig.post(SAMPLE, ...Array.from({ length: 44 }, (_, i) => ({ title: `t${i}` })))
  const at: number[] = []
  await turn(rig, 100, () => {
    while (at.length < slack.posts.length) at.push(rig.clock.now().ms)
    return at.length === 3
  })
  const bodies = slack.posts.map(({ body }) => JSON.parse(body) as { attachments: unknown[] })
  t.strictSame(
    bodies.map(({ attachments }) => attachments.length),
    [20, 20, 5]
  )
  t.ok(at[1]! - at[0]! >= 1100 && at[2]! - at[1]! >= 1100, at.join())
  t.equal(slack.posts[0]!.path, '/hook')
  t.strictSame(bodies[0], {
    username: 'k',
    attachments: [
      {
        fallback: 'Disk <full> & more',
        color: 'warning',
        title: 'Disk &lt;full&gt; &amp; more',
        fields: [
          { title: 'From', value: 'mon', short: true },
          { title: 'Date', value: '2016-11-02T11:23:45.789+09:00', short: false },
          { title: 'Host', value: 'host1', short: true },
          { title: 'Info.b', value: 'true', short: true },
          { title: 'Info.m', value: '{"a":[1,"b"]}', short: false },
          { title: 'Info.n', value: '1000000', short: true },
          { title: 'Info.s', value: 'a&lt;b', short: true },
          { title: 'Info.severity', value: 'warning', short: true }
        ],
        text: 'line1 &lt;b&gt;&amp;\nsecond'
      },
      ...bodies[0]!.attachments.slice(1)
    ]
  })
})

t.test('slack lists the members of a group, as far as there is room', async (t) => {
  const slack = await Receiver.start(t)
  const rig = await start(t, { type: 'slack', url: slack.url })
  await rig.put('group', { type: 'group', routes: ['r'] })
  await rig.post(...Array.from({ length: 300 }, (_, i) => ({ title: `t${i}` })))
  await turn(rig, 100, () => slack.posts.length === 1)
  t.match(slack.posts[0]!.body, /"title":"Sub alerts \(300\)","value":"\[mon@h1\] t0\\n.*and \d+ more"/)
})

t.test('what slack answers decides what becomes of a message', async (t) => {
  const cases: readonly [number, Record<string, string>, number, string][] = [
    [500, {}, 4, 'slack: status 500'],
    [404, {}, 1, 'slack: status 404']
  ]
  for (const [status, headers, attempts, reason] of cases) {
    const slack = await Receiver.start(t)
    slack.answer = { status, headers }
    const rig = await start(t, { type: 'slack', url: slack.url })
    await rig.post({ title: 'a' })
    await turn(rig, 1000, () => rig.notify.counters.dead === 1)
    t.equal(slack.posts.length, attempts, String(status))
    t.match(await rig.notify.deadLetters(), [{ reason: new RegExp(reason), route: 'r', transport: 'slack' }])

    slack.answer = { status: 200 }
    await rig.notify.redeliver((await rig.notify.deadLetters())[0]!.sequence)
    await turn(rig, 1000, () => rig.notify.counters.delivered === 1)
    t.strictSame(await rig.notify.deadLetters(), [])
    t.strictSame(await rig.db.all('SELECT * FROM notify_messages'), [])
  }
})

t.test('a receiver that asks to be left alone is left alone for as long', async (t) => {
  const slack = await Receiver.start(t)
  slack.answer = { status: 429, headers: { 'Retry-After': '2' } }
  const rig = await start(t, { type: 'slack', url: slack.url })
  await rig.post({ title: 'a' })
  await turn(rig, 100, () => slack.posts.length === 1)
  const first = rig.clock.now().ms
  slack.answer = { status: 200 }
  await turn(rig, 100, () => slack.posts.length === 2)
  const waitedMs = rig.clock.now().ms - first
  t.ok(waitedMs >= 2000 && waitedMs < 3000, String(waitedMs))
})

t.test('twilio gets a text for each alert and recipient', async (t) => {
  const twilio = await Receiver.start(t)
  const base = {
    type: 'twilio',
    url: twilio.url,
    account: 'ACacc',
    token: 'tok',
    from: '+1484',
    to: ['+8180', '12345']
  }
  const rig = await start(t, base)
  await rig.post({ title: 'x & y', message: 'm1\nm2 あ' })
  await turn(rig, 500, () => twilio.posts.length === 2)
  const [post] = twilio.posts
  t.match(post, {
    path: '/2010-04-01/Accounts/ACacc/Messages.json',
    body: 'Body=Title%3A+x+%26+y%0AFrom%3A+mon%0AHost%3A+h1%0AMessage%3A+m1%0Am2+%E3%81%82&From=%2B1484&To=%2B8180',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from('ACacc:tok').toString('base64')}`
    }
  })
  twilio.posts.length = 0
  await rig.notify.configuration.putRoute('r', [{ ...base, to: ['12345'], count_only: true, key_sid: 'SK' }])
  await rig.post({ title: 'a' }, { title: 'b' })
  await turn(rig, 500, () => twilio.posts.length === 1)
  t.match(twilio.posts, [{ body: 'Body=There+are+2+alerts.&From=%2B1484&To=12345' }])
  t.match(twilio.posts[0]!.headers.authorization, Buffer.from('SK:tok').toString('base64'))
  twilio.posts.length = 0
  await rig.notify.configuration.putRoute('r', [{ ...base, to: ['12345'], max_length: 8 }])
  await rig.post({ title: 'ああああ' })
  await turn(rig, 500, () => twilio.posts.length === 1)
  t.equal(new URLSearchParams(twilio.posts[0]!.body).get('Body'), 'Title: あ')
})

t.test('a route without alerts does nothing, while others have some', async (t) => {
  const twilio = await Receiver.start(t)
  const count = { type: 'twilio', url: twilio.url, account: 'A', token: 't', from: '+1', to: ['+2'], count_only: true }
  const folder = testFolder(t)
  const touch = { type: 'exec', command: ['touch', join(folder, 'touched')], all: true }
  const rig = await start(t, { type: 'note', name: 'n' })
  await rig.notify.configuration.putRoute('idle', [count, touch])
  await rig.post({ title: 'a' })
  await rig.round()
  t.equal(rig.sent.n?.length, 1)
  t.strictSame([twilio.posts, existsSync(join(folder, 'touched'))], [[], false])
})

t.test('transports wait for no other, and one that fails takes nothing from the next', async (t) => {
  const sockets: Socket[] = []
  const deaf = createServer((socket) => sockets.push(socket))
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    deaf.close()
  })
  const { port } = deaf.address() as AddressInfo
  const fail = { type: 'exec', command: ['sh', '-c', `! grep -q '"Title":"a"'`] }
  const rig = await start(t, { type: 'email', host: '127.0.0.1', port, from: 'k@example.com', to: ['a@example.org'] })
  const { configuration, counters } = rig.notify
  const silent = { type: 'slack', url: `http://127.0.0.1:${port}/` }
  await configuration.putRoute('r', [...configuration.route('r').definition, silent, fail, { type: 'note', name: 'n' }])
  await rig.post({ title: 'a' }, { title: 'b' })
  await sendAll(rig, () => rig.sent.n?.length === 2 && counters.dead === 1 && counters.delivered === 3)
  await rig.notify.idle()
  t.match(await rig.notify.deadLetters(), [{ transport: 'exec', reason: 'exec: exit status 1' }])
  t.equal(counters.delivered, 3, 'a mail server and a webhook that never answer hold up nothing')
  t.equal(configuration.route('r').backlog, 3)
  await configuration.putRoute('other', [])
  t.ok(configuration.routes.has('other'))
})

t.test('a template makes the text, and where it fails the built-in text is sent', async (t) => {
  const slack = await Receiver.start(t)
  const folder = testFolder(t, {
    'text.tmpl':
      '{{ .From }} {{ .Date.UTC.Format "2006-01-02 15:04" }} {{ .Info.n }}{{ range .Sub }}, {{ .Title }}{{ end }}',
    'bad.tmpl': '{{ index .Title 99 }}',
    'endless.tmpl': '{{ range 999999999 }}{{ end }}',
    'broken.tmpl': '{{ if }}'
  })
  const url = slack.url
  const rig = await start(t, { type: 'slack', url, template: 'text.tmpl' }, { folder })
  await rig.post({ ...SAMPLE, info: { n: 5 } })
  await turn(rig, 500, () => slack.posts.length === 1)
  t.match(slack.posts[0]!.body, /"text":"mon 2016-11-02 02:23 5"/)
  await rig.notify.configuration.putRoute('r', [{ type: 'slack', url, template: 'bad.tmpl' }])
  await rig.post(SAMPLE)
  await turn(rig, 500, () => slack.posts.length === 2)
  const { attachments } = JSON.parse(slack.posts[1]!.body) as { attachments: { text: string }[] }
  t.match(attachments[0]!.text, /^line1 &lt;b&gt;&amp;\nsecond\n\(template: .*index out of range/)
  await rig.notify.configuration.putRoute('r', [{ type: 'slack', url, template: 'endless.tmpl' }])
  await rig.post(SAMPLE)
  await turn(rig, 500, () => slack.posts.length === 3)
  t.match(slack.posts[2]!.body, /takes more than 1000000 steps/)
  await t.rejects(rig.notify.configuration.putRoute('r', [{ type: 'slack', url, template: 'broken.tmpl' }]), {
    message: /^slack: template: template: :1:/
  })
})

t.test('exec runs a program for each alert or for all; one that fails costs no other its turn', async (t) => {
  const folder = testFolder(t)
  const script = `cat > "${folder}/$$.json"; grep -q '"Title":"bad"' "${folder}/$$.json" && exit 3; cat "${folder}/$$.json" >> "${folder}/all"; echo >> "${folder}/all"`
  const rig = await start(t, { type: 'exec', command: ['sh', '-c', script] })
  await rig.post({ title: 'bad' }, { title: 'b' }, { title: 'c' })
  await rig.round()
  const lines = readFileSync(join(folder, 'all'), 'utf8').trimEnd().split('\n')
  t.match(
    lines.map((line) => JSON.parse(line) as unknown),
    [{ Title: 'b', Routes: ['r'] }, { Title: 'c' }]
  )
  t.match(await rig.notify.deadLetters(), [{ reason: 'exec: exit status 3' }])
  await rig.notify.configuration.putRoute('r', [{ type: 'exec', command: ['sh', '-c', script], all: true }])
  await rig.post({ title: 'd' }, { title: 'e' })
  await rig.round()
  t.match(JSON.parse(readFileSync(join(folder, 'all'), 'utf8').trimEnd().split('\n').at(-1)!), [
    { Title: 'd' },
    { Title: 'e' }
  ])
})

t.test('routes send nothing before the server answers, and leave other work its turn', async (t) => {
  const turns = new Turns(false)
  const rig = await start(t, { type: 'note', name: 'n' }, { turns })
  await rig.post(...Array.from({ length: 20 }, (_, i) => ({ title: `${i}` })))
  rig.clock.advance(1000)
  await eventually('a batch', () => rig.notify.counters.batches > 0)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(rig.sent.n, undefined)
  turns.open()
  for (const untilMs = performance.now() + 100; performance.now() < untilMs;);
  const sentAtOnce = rig.sent.n?.length ?? 0
  t.ok(sentAtOnce < 20, `${sentAtOnce} were sent`)
  await eventually('all messages', () => (rig.sent.n?.length ?? 0) === 20)
})

t.test('a handler of topics is a transport', async (t) => {
  const server = await Receiver.start(t)
  const rig = await start(t, { type: 'post', url: server.url, label: 'p' }, { handlerKinds, allowed: NOTHING })
  await rig.post({
    ...SAMPLE,
    info: { id: 'cpu', level: 'WARNING', duration: 5, tags: { host: 'h' }, fields: { v: 1 } }
  })
  await rig.post({ title: 'plain', message: 'more' })
  await turn(rig, 500, () => server.posts.length === 2)
  t.match(
    server.posts.map(({ body }) => JSON.parse(body) as unknown),
    [
      { id: 'cpu', message: 'Disk <full> & more', level: 'WARNING', duration: 5, time: '2016-11-02T02:23:45.789123Z' },
      { id: 'plain', message: 'plain', details: 'more', level: 'CRITICAL' }
    ]
  )
  const { configuration } = rig.notify
  t.strictSame(configuration.route('r').show(), [{ type: 'post', label: 'p', url: server.url }])
  await t.rejects(configuration.putRoute('r', [{ type: 'post', nosuch: 1 }]), { message: /^post: failed to decode/ })
  await t.rejects(configuration.putRoute('r', [{ type: 'topic-exec', prog: 'rm' }]), {
    message: /^exec: the command rm is not allowed/
  })
  await configuration.putRoute('r', [{ type: 'topic-slack', workspace: 'w' }])
  t.strictSame(configuration.route('r').show(), [{ type: 'topic-slack', workspace: 'w' }])
})

t.test('a mail says all of an alert', async (t) => {
  const smtp = await SmtpServer.start(t)
  const folder = testFolder(t, { cc: 'c1@example.org\n\nc2@example.org\n' })
  const email = {
    ...{ type: 'email', host: '127.0.0.1', port: smtp.port, from: 'kkok@example.com' },
    ...{ to: ['a@example.org', 'Bee <b@example.org>'], cc_file: 'cc', bcc: ['x@example.org'], to_file: 'nosuch' }
  }
  const rig = await start(t, email, { folder })
  await rig.post(SAMPLE, { title: 'あ' })
  await sendAll(rig, () => smtp.mails.length === 2)
  const [mail] = smtp.mails
  t.strictSame(mail!.recipients.sort(), [
    'a@example.org',
    'b@example.org',
    'c1@example.org',
    'c2@example.org',
    'x@example.org'
  ])
  t.equal(mail!.sender, 'kkok@example.com')
  for (const header of [
    'From: mon <kkok@example.com>',
    'To: a@example.org, Bee <b@example.org>',
    'Cc: c1@example.org, c2@example.org',
    'Subject: Disk <full> & more',
    'Date: Wed, 02 Nov 2016 11:23:45 +0900'
  ]) {
    t.ok(mail!.text.includes(`${header}\r\n`), header)
  }
  t.notMatch(mail!.text, /x@example\.org/)
  t.equal(
    mail!.text
      .slice(mail!.text.indexOf('\r\n\r\n') + 4)
      .replaceAll('=3D', '=')
      .replaceAll('\r\n', '\n')
      .trimEnd(),
    `From: mon
Date: 2016-11-02T02:23:45.789123Z
Host: host1
Title: Disk <full> & more

line1 <b>&
second
Info:
  b=true
  m={"a":[1,"b"]}
  n=1000000
  s=a<b
  severity=warning
  z=null`
  )
})

t.test('a mail lists the members of a group', async (t) => {
  const smtp = await SmtpServer.start(t)
  const email = { type: 'email', host: '127.0.0.1', port: smtp.port, from: 'k@example.com', to: ['a@example.org'] }
  const rig = await start(t, email)
  await rig.put('group', { type: 'group', routes: ['r'] })
  await rig.post({ title: 'one', message: 'm1' }, { title: 'two' })
  await sendAll(rig, () => smtp.mails.length === 1)
  const line = '-'.repeat(55)
  const part = (title: string, more: string) =>
    `From: mon\nDate: 2020-09-13T12:26:40Z\nHost: h1\nTitle: ${title}\n${more}${line}`
  const text = smtp.mails[0]!.text.replaceAll('\r\n', '\n')
  t.ok(text.includes(`\nSub alerts:\n${line}\n${part('one', '\nm1\n')}\n${part('two', '')}\n`), text)
})

interface Mail {
  readonly sender: string
  readonly recipients: string[]
  text: string
}

/** As much of a mail server as a client needs. */
class SmtpServer {
  readonly mails: Mail[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((socket) => {
      let mail: Mail | undefined
      let rest = ''
      let isData = false
      socket.setEncoding('utf8')
      socket.on('error', () => {})
      socket.write('220 here\r\n')
      socket.on('data', (chunk) => {
        rest += String(chunk)
        for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
          const line = rest.slice(0, end)
          rest = rest.slice(end + 2)
          if (isData) {
            if (line === '.') {
              isData = false
              this.mails.push(mail!)
              socket.write('250 taken\r\n')
            } else mail!.text += `${line.replace(/^\.\./, '.')}\r\n`
            continue
          }
          const [, sender] = /^MAIL FROM:<(.*?)>/.exec(line) ?? []
          const [, recipient] = /^RCPT TO:<(.*?)>/.exec(line) ?? []
          if (sender !== undefined) mail = { sender, recipients: [], text: '' }
          if (recipient !== undefined) mail!.recipients.push(recipient)
          isData = line === 'DATA'
          socket.write(isData ? '354 go on\r\n' : '250 ok\r\n')
        }
      })
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  static async start(t: Test): Promise<SmtpServer> {
    const server = new SmtpServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.#server.close())
    return server
  }
}
