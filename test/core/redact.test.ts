import t from 'tap'
import { redactedMessage, redactorOf } from '../../src/core/redact.ts'

const M = '********'
const SECRET = `a"b/c+d e&f%g\\hé-0123`
const redact = redactorOf([SECRET, 'kapok', 'pw', ''])

/** Forms in which a peer may give the secret back; all are masked as a whole. */
const forms: Readonly<Record<string, string>> = {
  'as it is': SECRET,
  'in JSON': JSON.stringify(SECRET).slice(1, -1),
  'in JSON within JSON': JSON.stringify(JSON.stringify(SECRET)).slice(3, -3),
  'in JSON as Go prints it': JSON.stringify(SECRET).slice(1, -1).replace('&', '\\u0026'),
  'in a URL': encodeURIComponent(SECRET),
  'in a URL, in small letters': encodeURIComponent(SECRET).replace(/%../g, (escape) => escape.toLowerCase()),
  'in a form': new URLSearchParams({ x: SECRET }).toString().slice(2),
  'in a path that escapes less': encodeURI(SECRET),
  'in a URL within a URL': encodeURIComponent(encodeURIComponent(SECRET)),
  'in HTML': SECRET.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  'in HTML by numbers': SECRET.replaceAll('&', '&#38;').replaceAll('"', '&#x22;'),
  'in hexadecimal digits': Buffer.from(SECRET).toString('hex'),
  'in capital hexadecimal digits': Buffer.from(SECRET).toString('hex').toUpperCase()
}

for (const [name, form] of Object.entries(forms)) {
  t.test(`a secret that comes back ${name} is masked`, (t) => {
    t.equal(redact(`<${form}> and <${form}>`), `<${M}> and <${M}>`)
    t.end()
  })
}

t.test('nothing of a secret is left in base64, wherever it stands in what was encoded', (t) => {
  for (const before of ['', 'u', 'us', 'use', 'user:']) {
    for (const after of ['', 'x', 'xy', 'xyz']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const left = redact(Buffer.from(`${before}${SECRET}${after}`).toString(encoding)).replace(M, '')
        t.ok(left.length <= Math.ceil(((before.length + after.length + 4) * 4) / 3), `${before} ${after}: ${left}`)
      }
    }
  }
  t.end()
})

t.test('a short secret is masked where it stands alone, and is no part of other words', (t) => {
  t.equal(redact('kapok as kapok/pw at kapokish, pwd, spw'), `${M} as ${M}/${M} at kapokish, pwd, spw`)
  t.end()
})

t.test('the longer one of two secrets is masked as a whole', (t) => {
  t.equal(redactorOf(['secret-1', 'secret-1-and-more'])('x secret-1-and-more y'), `x ${M} y`)
  t.end()
})

t.test('a text without secrets is as it was', (t) => {
  t.equal(redact('connect ECONNREFUSED 127.0.0.1:1'), 'connect ECONNREFUSED 127.0.0.1:1')
  t.equal(redactorOf([])(SECRET), SECRET)
  t.end()
})

t.test('an error is cut after its secrets are masked: none is left in halves', (t) => {
  const message = redactedMessage(new Error(`${'x'.repeat(4090)}${SECRET}${'y'.repeat(5000)}`), redact)
  t.equal(message, `${'x'.repeat(4090)}******…`)
  t.end()
})

t.test('a long text that nearly is a secret takes no time', (t) => {
  const begin = performance.now()
  for (const text of ['\\'.repeat(65_536), '%25'.repeat(20_000), 'a"b/'.repeat(16_384)]) t.equal(redact(text), text)
  t.ok(performance.now() - begin < 2000)
  t.end()
})
