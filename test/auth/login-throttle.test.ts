import t from 'tap'
import { LoginThrottle } from '../../src/auth/login-throttle.ts'
import { ManualClock } from '../../src/core/clock.ts'

function failOften(throttle: LoginThrottle, address: string, name: string, times: number): void {
  for (let i = 0; i < times; i++) throttle.fail(address, name)
}

t.test('after five failed logins each further one doubles the wait', (t) => {
  const clock = new ManualClock()
  const throttle = new LoginThrottle(clock)
  failOften(throttle, '10.0.0.1', 'ann', 5)
  throttle.admit('10.0.0.1', 'ann')
  for (const waitMs of [1000, 2000, 4000]) {
    throttle.fail('10.0.0.1', 'ann')
    t.throws(() => throttle.admit('10.0.0.1', 'ann'), { code: 'LOGIN_THROTTLED', status: 429, waitMs })
    clock.advance(waitMs)
    throttle.admit('10.0.0.1', 'ann')
  }
  t.end()
})

t.test('nobody is locked out by the failures of another address', (t) => {
  const throttle = new LoginThrottle(new ManualClock())
  failOften(throttle, '10.0.0.1', 'ann', 20)
  throttle.admit('10.0.0.2', 'ann')
  throttle.admit('10.0.0.1', 'bob')
  t.end()
})

t.test('an address that tries many names is slowed down as a whole', (t) => {
  const throttle = new LoginThrottle(new ManualClock())
  for (let i = 0; i < 51; i++) throttle.fail('10.0.0.1', `user${i}`)
  t.throws(() => throttle.admit('10.0.0.1', 'new'), { code: 'LOGIN_THROTTLED' })
  t.end()
})

t.test('a login that succeeds, or a quarter of an hour, makes up for those that failed', (t) => {
  const clock = new ManualClock()
  const throttle = new LoginThrottle(clock)
  failOften(throttle, '10.0.0.1', 'ann', 5)
  throttle.succeed('10.0.0.1', 'ann')
  failOften(throttle, '10.0.0.1', 'ann', 5)
  throttle.admit('10.0.0.1', 'ann')
  clock.advance(16 * 60_000)
  failOften(throttle, '10.0.0.1', 'ann', 5)
  throttle.admit('10.0.0.1', 'ann')
  t.equal(throttle.failed, 15)
  t.end()
})
