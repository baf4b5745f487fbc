import t from 'tap'
import { HttpRoutes } from '../../src/engine/http-routes.ts'

t.test('a path is taken once a task, and free again when it is given back', (t) => {
  const last: string[] = []
  const routes = new HttpRoutes((path, body) => last.push(`${path} ${body()}`))
  const [a, b] = [routes.portOf('a'), routes.portOf('b')]
  a.register('out', () => '1')
  b.register('out', () => '2')
  t.throws(() => a.register('out', () => '3'), {
    message: 'http: multiple registrations for /kapacitor/v1/tasks/a/out'
  })
  t.same([routes.find('a', 'out')?.(), routes.find('b', 'out')?.(), routes.find('c', 'out')], ['1', '2', undefined])
  a.unregister('out')
  t.same([routes.find('a', 'out'), last], [undefined, ['out 1']])
  a.register('out', () => '4')
  t.equal(routes.find('a', 'out')?.(), '4')
  t.end()
})
