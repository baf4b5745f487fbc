import t from 'tap'
import { LoginThrottle } from '../../src/auth/login-throttle.ts'
import { ManualClock } from '../support/manual-clock.ts'

const loginOf = (address: string, name: string, proof = 'wrong') => ({ address, name, proof })

function failOften(throttle: LoginThrottle, address: string, name: string, times: number): void {
  for (let i = 0; i < times; i++) throttle.fail(loginOf(address, name))
}

t.test('after five failed logins each further one doubles the wait', (t) => {
  const clock = new ManualClock()
  const throttle = new LoginThrottle(clock)
  const ann = loginOf('10.0.0.1', 'ann')
  failOften(throttle, '10.0.0.1', 'ann', 5)
  throttle.admit(ann)
  for (const waitMs of [1000, 2000, 4000]) {
    throttle.fail(ann)
    t.throws(() => throttle.admit(ann), { code: 'LOGIN_THROTTLED', status: 429, waitMs })
    clock.advance(waitMs)
    throttle.admit(ann)
  }
  t.equal(throttle.throttled, 3)
  t.end()
})

t.test('nobody is locked out by the failures of another address', (t) => {
  const throttle = new LoginThrottle(new ManualClock())
  failOften(throttle, '10.0.0.1', 'ann', 20)
  throttle.admit(loginOf('10.0.0.2', 'ann'))
  throttle.admit(loginOf('10.0.0.1', 'bob'))
  t.end()
})

t.test('an address that tries many names is slowed down as a whole, and so is a network of IPv6', (t) => {
  for (const [addresses, other] of [
    [['10.0.0.1'], '10.0.0.2'],
    [['2001:db8::1', '2001:db8::2'], '2001:db8:1::1']
  ] as const) {
    const throttle = new LoginThrottle(new ManualClock())
    for (let i = 0; i < 51; i++) throttle.fail(loginOf(addresses[i % addresses.length]!, `user${i}`))
    t.throws(() => throttle.admit(loginOf(addresses[0], 'new')), { code: 'LOGIN_THROTTLED' })
    throttle.admit(loginOf(other, 'new'))
  }
  t.end()
})

t.test('a login that succeeds, or a quarter of an hour, makes up for those that failed', (t) => {
  const clock = new ManualClock()
  const throttle = new LoginThrottle(clock)
  failOften(throttle, '10.0.0.1', 'ann', 5)
  throttle.succeed(loginOf('10.0.0.1', 'ann', 'right'))
  failOften(throttle, '10.0.0.1', 'ann', 5)
  throttle.admit(loginOf('10.0.0.1', 'ann'))
  clock.advance(16 * 60_000)
  failOften(throttle, '10.0.0.1', 'ann', 5)
  throttle.admit(loginOf('10.0.0.1', 'ann'))
  t.equal(throttle.failed, 15)
  t.end()
})

t.test('what was right lately does not wait, but from the same address alone, and not once it is wrong', (t) => {
  const clock = new ManualClock()
  const throttle = new LoginThrottle(clock)
  const right = loginOf('10.0.0.1', 'ann', 'right')
  throttle.succeed(right)
  failOften(throttle, '10.0.0.1', 'ann', 6)
  failOften(throttle, '10.0.0.2', 'ann', 6)
  throttle.admit(right)
  t.throws(() => throttle.admit({ ...right, address: '10.0.0.2' }), { code: 'LOGIN_THROTTLED' }, 'it may be a guess')
  throttle.fail(right)
  t.throws(() => throttle.admit(right), { code: 'LOGIN_THROTTLED' })

  throttle.succeed(right)
  clock.advance(60 * 60_000)
  failOften(throttle, '10.0.0.1', 'ann', 6)
  t.throws(() => throttle.admit(right), { code: 'LOGIN_THROTTLED' }, 'an hour later it is forgotten')
  t.end()
})
