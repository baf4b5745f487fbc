import t from 'tap'
import { proxyFor } from '../../src/net/proxies.ts'

const PROXIES = { http_proxy: 'http://p:1', HTTPS_PROXY: 'q:2' }

t.test('the proxy is that of the scheme, except for what is excepted', async (t) => {
  const cases: readonly [url: string, exceptions: string, proxy: string][] = [
    ['http://a.example/', '', 'http://p:1'],
    ['https://a.example/', '', 'http://q:2'],
    ['http://localhost:9/', '', ''],
    ['http://127.0.0.2/', '', ''],
    ['http://[::1]/', '', ''],
    ['http://a.example/', '*', ''],
    ['http://a.example/', 'b.example, a.example', ''],
    ['http://x.a.example/', 'a.example', ''],
    ['http://x.a.example/', '.a.example', ''],
    ['http://x.a.example/', '*.a.example', ''],
    ['http://xa.example/', 'a.example', 'http://p:1'],
    ['http://A.Example./', 'a.EXAMPLE', ''],
    ['http://a.example:81/', 'a.example:81', ''],
    ['http://a.example/', 'a.example:81', 'http://p:1'],
    ['https://a.example/', 'a.example:443', ''],
    ['http://10.1.2.3/', '10.0.0.0/8', ''],
    ['http://11.1.2.3/', '10.0.0.0/8', 'http://p:1'],
    ['http://10.1.2.3/', '10.1.2.3', ''],
    ['http://10.1.2.3:82/', '10.1.2.3:81', 'http://p:1'],
    ['http://[fd00::1]/', 'fd00::/8', ''],
    ['http://[fd00::1]:8/', '[fd00::1]:8', ''],
    ['http://[fd00::1]/', 'fd00::1', ''],
    ['http://a.example/', '10.0.0.0/99,,/,:', 'http://p:1']
  ]
  for (const [url, exceptions, proxy] of cases) {
    t.equal(proxyFor(new URL(url), { ...PROXIES, NO_PROXY: exceptions }), proxy, `${url} but ${exceptions}`)
  }
  t.equal(proxyFor(new URL('https://a/'), { http_proxy: 'p' }), '')
})
