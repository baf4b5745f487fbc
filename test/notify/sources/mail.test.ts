import t from 'tap'
import { alertOfMail, splitText } from '../../../src/notify/sources/mail.ts'
import { parseMailDate } from '../../../src/notify/sources/mail-date.ts'

const NOW = '2020-09-13T12:26:40Z'
const HEAD = 'From: a@b\nSubject: s\n'

const read = (mail: string | Buffer) => alertOfMail(Buffer.from(mail), NOW)

t.test('header and text become an alert', async (t) => {
  const mail = `From: "Mon Itor" <mon@example.com>
To: x@y
Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= disk
 is full
Date: Wed, 02 Nov 2016 11:23:45 +0900 (JST)

Host: host1
severity: warning
n: 1000

line 1
line 2
`
  t.strictSame(await read(mail.replaceAll('\n', '\r\n')), {
    from: 'Mon Itor',
    date: '2016-11-02T11:23:45+09:00',
    host: 'host1',
    title: '日本 disk is full',
    message: 'line 1\nline 2\n',
    routes: [],
    info: { severity: 'warning', n: '1000' },
    sub: [],
    stats: {}
  })
})

t.test('senders', async (t) => {
  for (const [header, from] of [
    ['a@b', 'a@b'],
    ['Mon <a@b>', 'Mon'],
    ['=?koi8-r?B?8NLJ18XU?= <a@b>', 'Привет'],
    ['free text', 'free text'],
    ['a@b, c@d', 'a@b, c@d']
  ] as const) {
    t.equal((await read(`From: ${header}\nSubject: s\n\nx`)).from, from, header)
  }
})

t.test('subjects', async (t) => {
  for (const [header, title] of [
    ['Subject: s', 's'],
    ['Subject: =?UTF-8?Q?=E3=81=82_b?= =?utf-8?b?44GE?=', 'あ bい'],
    ['Subject: é', 'é'],
    ['Subject:', '(no subject)'],
    ['X-Other: s', '(no subject)']
  ] as const) {
    t.equal((await read(`From: a@b\n${header}\n\nx`)).title, title, header)
  }
  const { title } = await read(
    `From: a@b\nSubject: =?utf-8?B?${Buffer.from('あ'.repeat(100)).toString('base64')}?=\n\nx`
  )
  t.equal(title, `${'あ'.repeat(82)}…`)
})

t.test('texts in every encoding and character set', async (t) => {
  const bytes = (...values: number[]) => Buffer.from(values)
  const part = (type: string, encoding: string, body: Buffer | string) =>
    Buffer.concat([
      Buffer.from(`${HEAD}Content-Type: ${type}\nContent-Transfer-Encoding: ${encoding}\n\n`),
      Buffer.from(body as string)
    ])
  const cases: readonly [name: string, mail: Buffer | string, message: string][] = [
    ['no type', `${HEAD}\nplain é\n`, 'plain é\n'],
    ['base64', part('text/plain; charset=utf-8', 'BASE64', '44GCCg=='), 'あ\n'],
    ['quoted-printable', part('text/plain; charset=iso-8859-1', 'Quoted-Printable', 'a=3Db =E9=\nc\n'), 'a=b éc\n'],
    ['shift_jis', part('text/plain; charset=shift_jis', '8bit', bytes(0x93, 0xfa, 0x96, 0x7b)), '日本'],
    ['euc-jp', part('text/plain; charset=EUC-JP', '8bit', bytes(0xc6, 0xfc, 0xcb, 0xdc)), '日本'],
    ['iso-2022-jp', part('text/plain; charset=iso-2022-jp', '7bit', '\x1b$BF|K\\\x1b(B'), '日本'],
    ['gb18030', part('text/plain; charset=gb18030', '8bit', bytes(0xc8, 0xd5)), '日'],
    ['big5', part('text/plain; charset=big5', '8bit', bytes(0xa4, 0xe9)), '日'],
    ['windows-1252', part('text/plain; charset=windows-1252', '8bit', bytes(0x80)), '€'],
    ['koi8-r', part('text/plain; charset=koi8-r', '8bit', bytes(0xf0)), 'П'],
    [
      'utf-16',
      part('text/plain; charset=utf-16', 'base64', Buffer.from('\ufeffあ', 'utf16le').toString('base64')),
      'あ'
    ],
    ['ks_c_5601-1987', part('text/plain; charset=ks_c_5601-1987', '8bit', bytes(0xb0, 0xa1)), '가'],
    ['bad UTF-8', part('text/plain', '8bit', bytes(0x61, 0xe9)), 'a\ufffd'],
    ['an unknown encoding', part('text/plain', 'x-nosuch', 'abc'), 'abc'],
    ['HTML', part('text/html', '7bit', '<p>Hello <b>you</b></p>'), 'Hello you'],
    [
      'alternatives',
      `${HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\ntext\n--b\nContent-Type: text/html\n\n<p>html</p>\n--b--\n`,
      'text'
    ],
    [
      'an attachment',
      `${HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHost: h\n\none\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=x.txt\n\nattached\n--b--\n`,
      'one'
    ]
  ]
  for (const [name, mail, message] of cases) t.equal((await read(mail)).message, message, name)
})

t.test('pseudo headers are lines up to the first empty one, if all are of that form and one is known', (t) => {
  const cases: readonly [text: string, pseudo: object, message: string][] = [
    ['Host: a\n\ntext\n\nmore', { Host: 'a' }, 'text\n\nmore'],
    ['Host: a\nplain text\n\nmore', {}, 'Host: a\nplain text\n\nmore'],
    ['\nHost: a\n\ntext', {}, '\nHost: a\n\ntext'],
    ['Host: a\nTitle: b\n', { Host: 'a', Title: 'b' }, ''],
    ['Host: a\nTitle: b', {}, 'Host: a\nTitle: b'],
    ['x-1:  b \t\nHost:a\n\n', { 'x-1': 'b \t', Host: 'a' }, ''],
    ['Host: a\nHost: b\nTitle:\n\n\nx', { Host: 'b', Title: '' }, '\nx'],
    ['a_b: 1\nHost: a\n\nx', {}, 'a_b: 1\nHost: a\n\nx'],
    [' Host: a\n\nx', {}, ' Host: a\n\nx'],
    ['Error: disk full\n\nx', {}, 'Error: disk full\n\nx'],
    ['host: a\n\nx', {}, 'host: a\n\nx'],
    ['', {}, '']
  ]
  for (const [text, pseudo, message] of cases) {
    const split = splitText(text)
    t.strictSame([Object.fromEntries(split.pseudo), split.message], [pseudo, message], JSON.stringify(text))
  }
  t.end()
})

t.test('pseudo headers win over those of the mail', async (t) => {
  const fields = (text: string) => read(`${HEAD}Date: 2 Nov 2016 11:23 GMT\n\n${text}\n\nx`)
  t.match(await fields('From: me\nTitle: t\nSubject: u\nRoutes: r'), {
    from: 'me',
    title: 't',
    info: { Subject: 'u', Routes: 'r' },
    routes: []
  })
  t.equal((await fields('Date: 2020-01-02T03:04:05.5+01:00')).date, '2020-01-02T03:04:05.5+01:00')
  t.equal((await fields('Date: 3 Nov 16 11:23:45 -0130')).date, '2016-11-03T11:23:45-01:30')
  t.equal((await fields('Date: tomorrow')).date, '2016-11-02T11:23:00Z')
  t.equal((await read(`${HEAD}Date: nonsense\n\nx`)).date, NOW)
  t.equal((await read(`${HEAD}\nx`)).date, NOW)
})

t.test('dates of mails', (t) => {
  for (const [text, date] of [
    ['Wed, 02 Nov 2016 11:23:45 +0900', '2016-11-02T11:23:45+09:00'],
    ['2 Nov 2016 11:23 UTC', '2016-11-02T11:23:00Z'],
    ['Wed, 2 Nov 99 11:23:45 EST', '1999-11-02T11:23:45Z'],
    ['Wed, 02 Nov 2016 11:23:45 -0000 (UTC)', '2016-11-02T11:23:45Z'],
    ['Wed, 32 Nov 2016 11:23:45 +0900', undefined],
    ['Wed, 02 Nox 2016 11:23:45 +0900', undefined],
    ['Wed, 02 Nov 2016 11:23:45', undefined],
    ['', undefined]
  ] as const) {
    t.equal(parseMailDate(text), date, text)
  }
  t.end()
})

t.test('a mail without a sender, or with an empty title, is none', async (t) => {
  await t.rejects(read('garbage'), { code: 'MAIL_BAD', message: 'empty From' })
  await t.rejects(read(''), { message: 'empty From' })
  await t.rejects(read(`${HEAD}\nFrom:\n\nx`), { message: 'empty From' })
  await t.rejects(read(`${HEAD}\nTitle:\n\nx`), { message: 'empty Title' })
  await t.rejects(read(`From: ${'x'.repeat(101)}\nSubject: s\n\nx`), { message: 'too long From' })
})
