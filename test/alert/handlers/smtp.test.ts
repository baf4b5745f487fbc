import t from 'tap'
import { collected } from '../support.ts'
import { type MailServer, startMailServer } from '../../support/mail-server.ts'
import { openHandler, optionsIn } from './rig.ts'

t.test('an event goes out as an HTML mail', async (t) => {
  const mail = await startMailServer(t)
  const { kind, options } = optionsIn(`.email('a@x.com').to('b@x.com').toTemplates('{{ index .Tags "who" }}@x.com')`)
  t.strictSame(options, { to: ['a@x.com', 'b@x.com'], 'to-field': ['{{ index .Tags "who" }}@x.com'] })
  const handler = openHandler(kind, options, { smtp: { ...mail.section, username: 'u', password: 'p' } })
  const event = collected({ message: 'Grün ist CRITICAL', details: '<b>grün = 1</b>', tags: { who: 'c' } })
  await handler.send(event)
  await handler.send(event)
  handler.close?.()
  t.equal(mail.connections, 1, 'the connection is kept')
  await mail.left
  t.strictSame(mail.logins, [' u p'])
  const [{ to, text }] = mail.mails as [MailServer['mails'][number]]
  t.strictSame(to, ['a@x.com', 'b@x.com', 'c@x.com'])
  for (const line of [
    'From: kapok@example.com',
    'To: a@x.com, b@x.com, c@x.com',
    'Subject: =?UTF-8?Q?Gr=C3=BCn_ist_CRITICAL?=',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    'MIME-Version: 1.0',
    '<b>gr=C3=BCn =3D 1</b>'
  ]) {
    t.ok(text.split('\n').includes(line), `${line} is in\n${text}`)
  }
})

t.test('recipients come from the configuration where a handler names none', async (t) => {
  const mail = await startMailServer(t)
  const smtp = { ...mail.section, to: ['c@x.com'], 'to-templates': ['{{ .Name }}@x.com'] }
  const handler = openHandler('smtp', {}, { smtp })
  await handler.send(collected({ details: '' }))
  handler.close?.()
  t.strictSame(mail.mails[0]!.to, ['c@x.com', 'cpu@x.com'])
  t.match(mail.mails[0]!.text, /Content-Type: text\/html/)
  await t.rejects(openHandler('smtp', {}, { smtp: mail.section }).send(collected()), {
    message: 'not sending email, no recipients defined'
  })
})

t.test('a mail that is not taken is tried again, unless it is refused for good', async (t) => {
  const mail = await startMailServer(t)
  const handler = openHandler('smtp', { to: ['a@x.com'] }, { smtp: mail.section })
  mail.refusal = '550 nobody here'
  await t.rejects(handler.send(collected()), { failure: 'refused', message: /^error sending: .*550 nobody here/ })
  mail.refusal = '450 later'
  await t.rejects(handler.send(collected()), { failure: 'failed', message: /450 later/ })
  mail.server.close()
  await t.rejects(openHandler('smtp', { to: ['a@x.com'] }, { smtp: { ...mail.section, port: 9 } }).send(collected()), {
    failure: 'unavailable',
    message: /ECONNREFUSED/
  })
})

t.test('a mail that is sent again has the same Message-ID', async (t) => {
  const mail = await startMailServer(t)
  const handler = openHandler('smtp', { to: ['a@x.com'] }, { smtp: mail.section })
  const attempt = { key: 'abc', signal: new AbortController().signal }
  await handler.send(collected(), attempt)
  await handler.send(collected(), attempt)
  handler.close?.()
  t.strictSame(
    mail.mails.map(({ text }) => /^Message-ID: (.*)$/m.exec(text)?.[1]),
    ['<abc@kapok>', '<abc@kapok>']
  )
})
