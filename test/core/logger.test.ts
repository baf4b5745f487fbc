import t from 'tap'
import { createLogger, silentLogger } from '../../src/core/logger.ts'

function logged() {
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line) })
  const take = () => lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>)
  return { log, take }
}

t.test('a line is a JSON object with time, level, message and fields', async (t) => {
  const { log, take } = logged()
  log.child({ service: 'http' }).info('hi', { n: 1 })
  const [line] = take()
  t.match(line, { ts: /^\d{4}-.*Z$/, lvl: 'info', service: 'http', n: 1, msg: 'hi' })
  t.strictSame(Object.keys(line!), ['lvl', 'ts', 'service', 'n', 'msg'])
})

t.test('an error of ours is written with its stack, and without secrets', async (t) => {
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line) }, 'info', (text) => text.replaceAll('hunter2', '*****'))
  log.child({ service: 'http' }).error('request failed', { err: new Error('no hunter2') })
  log.error('task failed', { err: 'divide by zero' })
  const [ours, text] = lines.map((line) => JSON.parse(line) as { err: string })
  t.match(ours!.err, /^Error: no \*\*\*\*\*\n\s+at .*logger\.test\.[tj]s/)
  t.equal(text!.err, 'divide by zero')
})

t.test('a change of level reaches the children made before it', async (t) => {
  const { log, take } = logged()
  const child = log.child({})
  for (const [level, count] of [
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1]
  ] as const) {
    log.level = level
    t.equal(log.level, level)
    for (const say of ['debug', 'info', 'warn', 'error'] as const) child[say](say)
    t.equal(take().length, count, level)
  }
})

t.test('a listener gets the lines until it ends', async (t) => {
  const { log } = logged()
  const heard: string[] = []
  const end = log.listen((line) => heard.push(line))
  log.info('one')
  end()
  log.info('two')
  t.match(heard, [/"msg":"one"\}\n$/])
  t.equal(heard.length, 1)
})

t.test('the silent logger takes everything and says nothing', async (t) => {
  for (const say of ['debug', 'info', 'warn', 'error'] as const) silentLogger.child({})[say]('x')
  t.pass()
})
