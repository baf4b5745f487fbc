import t from 'tap'
import { findRequestUriProblem, findUrlProblem } from '../../src/core/go-url.ts'

/** A URL, and what Go 1.26 said against it: by Parse, and by ParseRequestURI where that says something else. */
const cases: readonly (readonly [url: string, parse: string | undefined, request?: string])[] = [
  ['', undefined, 'empty url'],
  ['http://a:9/b', undefined],
  ['a:9092/x', undefined],
  ['mailto:x@y', undefined],
  ['tcp://h:1883', undefined],
  ['http://[::1]:80/x', undefined],
  ['http://é/', undefined],
  ['http://a:/x', undefined],
  ['http://x/{{.ID}}', undefined],
  ['/x y', undefined],
  ['a/b:c', undefined, 'invalid URI for request'],
  ['?a:b', undefined, 'invalid URI for request'],
  ['{{ .ID }}', undefined, 'invalid URI for request'],
  ['127.0.0.1:80/x', 'first path segment in URL cannot contain colon', 'invalid URI for request'],
  ['x%zz', 'invalid URL escape "%zz"', 'invalid URI for request'],
  [':x', 'missing protocol scheme'],
  ['http://a b/', 'invalid character " " in host name'],
  ['http://a|b/', 'invalid character "|" in host name'],
  ['http://a:b/', 'invalid port ":b" after host'],
  ['http://u:p@h:9x/', 'invalid port ":9x" after host'],
  ['http://[::1/x', "missing ']' in host"],
  ['http://[::1]x', 'invalid port "x" after host'],
  ['http://a/%zz', 'invalid URL escape "%zz"'],
  ['http://a/%2', 'invalid URL escape "%2"'],
  ['http://%41/', 'invalid URL escape "%41"'],
  ['http://a\x01', 'net/url: invalid control character in URL']
]

t.test('URLs are refused as Go refuses them, in its words', async (t) => {
  for (const [url, parse, request = parse] of cases) {
    const quoted = url === 'http://a\x01' ? '"http://a\\x01"' : `"${url}"`
    t.equal(findUrlProblem(url), parse && `parse ${quoted}: ${parse}`, `Parse ${url}`)
    t.equal(findRequestUriProblem(url), request && `parse ${quoted}: ${request}`, `ParseRequestURI ${url}`)
  }
})
