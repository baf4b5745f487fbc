import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { parseGoDuration } from '../../src/core/duration.ts'
import { isJsonObject, JsonNumber, type JsonObject, parseJson } from '../../src/core/json.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { Database } from '../../src/store/db.ts'
import { TaskStore } from '../../src/store/tasks.ts'
import { startHarness } from './harness.ts'
import { testFolder } from '../support/folder.ts'
import { problem } from '../support/problem.ts'

const TASK = { id: 'a', dbrps: [{ db: 'd', rp: 'r' }], script: 'stream|from()|log()', status: 'enabled' }
const STATS = {
  throughput: 2,
  nodes: { from1: { collected: 3, emitted: 3, errors: 1, avg_exec_time_ns: 8598 } },
  edges: [{ parent: 'stream0', child: 'from1', count: 3 }]
}

t.test('ping answers nothing, also to HEAD', async (t) => {
  const { call } = await startHarness(t)
  for (const method of ['GET', 'HEAD']) t.match(await call(`${method} /ping`), { status: 204, text: '' })
})

t.test('the log level can be set to what Kapacitor knows', async (t) => {
  const { call, services } = await startHarness(t)
  for (const [body, status, error, level] of [
    [{ level: 'DEBUG' }, 204, undefined, 'debug'],
    [{ level: 'error' }, 204, undefined, 'error'],
    [{ level: 'warn' }, 400, 'invalid log level', 'error'],
    [{}, 400, 'invalid log level', 'error'],
    ['', 400, 'invalid json: EOF', 'error'],
    ['{', 400, 'invalid json: unexpected EOF', 'error']
  ] as const) {
    const answer = await call('POST /loglevel', body)
    t.equal(answer.status, status)
    if (error !== undefined) t.strictSame(answer.body, problem(error))
    t.equal(services.log.level, level)
  }
})

t.test('debug/vars has a member a line, and the statistics of what runs', async (t) => {
  const { call, runner } = await startHarness(t)
  runner.taskStats = STATS
  await call('POST /tasks', TASK)
  await call('POST /tasks', { ...TASK, id: 'b', status: 'disabled' })
  const { text, body } = await call('GET /debug/vars')
  t.strictSame(
    text.split('\n').map((line) => /^"(\w+)": /.exec(line)?.[1] ?? line),
    [
      ...['{', 'cluster_id', 'cmdline', 'host', 'kapacitor', 'memstats', 'num_enabled_tasks', 'num_subscriptions'],
      ...['num_tasks', 'platform', 'product', 'server_id', 'version', '}', '']
    ]
  )
  t.match(body, { cluster_id: 'c', host: 'host', num_tasks: 2, num_enabled_tasks: 1, memstats: { Sys: Number } })
  const identity = { cluster_id: 'c', host: 'host', server_id: 's' }
  t.strictSame(Object.values(body.kapacitor as object), [
    { name: 'topics', tags: { id: 't', ...identity }, values: { collected: 1 } },
    {
      name: 'edges',
      tags: { child: 'stream0', parent: 'stream', task: 'a', type: 'stream', ...identity },
      values: { collected: 0, emitted: 0 }
    },
    {
      name: 'edges',
      tags: { child: 'from1', parent: 'stream0', task: 'a', type: 'stream', ...identity },
      values: { collected: 3, emitted: 3 }
    },
    {
      name: 'nodes',
      tags: { kind: 'from', node: 'from1', task: 'a', type: 'stream', ...identity },
      values: { avg_exec_time_ns: '8.598µs', errors: 1 }
    }
  ])
})

t.test('debug/vars has the types that the input of Telegraf decodes it into', async (t) => {
  const { call, runner } = await startHarness(t)
  runner.taskStats = STATS
  await call('POST /tasks', TASK)
  const parsed = parseJson((await call('GET /debug/vars')).text)
  t.ok(parsed.ok && isJsonObject(parsed.value))
  const members = (parsed.ok ? parsed.value : new Map()) as JsonObject
  for (const name of ['cluster_id', 'host', 'product', 'server_id', 'version']) {
    t.type(members.get(name), 'string', name)
  }
  const isInt = (value: unknown): boolean => value instanceof JsonNumber && value.toInt() !== undefined
  for (const name of ['num_enabled_tasks', 'num_subscriptions', 'num_tasks']) t.ok(isInt(members.get(name)), name)
  t.ok((members.get('cmdline') as unknown[]).every((word) => typeof word === 'string'))

  const memory = members.get('memstats') as JsonObject
  const ints =
    'Alloc TotalAlloc Sys Lookups Mallocs Frees HeapAlloc HeapSys HeapIdle HeapInuse HeapReleased HeapObjects StackInuse ' +
    'StackSys MSpanInuse MSpanSys MCacheInuse MCacheSys BuckHashSys GCSys OtherSys NextGC LastGC PauseTotalNs NumGC'
  for (const name of ints.split(' ')) t.ok(isInt(memory.get(name)), name)
  t.type(memory.get('GCCPUFraction'), JsonNumber)

  const entries = [...(members.get('kapacitor') as JsonObject).values()] as JsonObject[]
  t.equal(entries.length, 4)
  for (const entry of entries) {
    t.strictSame([...entry.keys()].sort(), ['name', 'tags', 'values'])
    t.type(entry.get('name'), 'string')
    for (const [tag, value] of entry.get('tags') as JsonObject) t.type(value, 'string', tag)
    for (const [name, value] of entry.get('values') as JsonObject) {
      if (name !== 'avg_exec_time_ns') t.type(value, JsonNumber, name)
      else t.not(parseGoDuration(String(value)), undefined, name)
    }
  }
})

t.test('metrics are there for Prometheus', async (t) => {
  const { app, call, runner } = await startHarness(t)
  runner.taskStats = STATS
  await call('POST /tasks', TASK)
  const { body, headers } = await app.inject('/metrics')
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'kapok_tasks{status="enabled"} 1',
    'kapok_tasks_executing 1',
    'kapok_task_throughput{task="a"} 2',
    'kapok_node{task="a",node="from1",statistic="errors"} 1',
    'kapok_shard{shard="shard-0",number="series"} 3',
    'kapok_things 7'
  ]) {
    t.ok(body.split('\n').includes(line), line)
  }
  t.match(body, /^process_resident_memory_bytes \d/m)
  await call('DELETE /tasks/a')
  t.notMatch((await app.inject('/metrics')).body, /task="a"/)
})

t.test('the log tells who begins and ends to listen to it, and to what', async (t) => {
  const { app, services } = await startHarness(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const lines: string[] = []
  services.log.listen((line) => lines.push(line))
  const request = get({ port, path: '/kapacitor/v1preview/logs?lvl=error%2B&task=a&node=n', agent: false })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  answer.resume()
  await app.close()
  t.match(
    lines.map((line) => JSON.parse(line) as object),
    ['created log session', 'deleted log session'].map((msg) => ({
      ...{ lvl: 'info', msg, service: 'sessions', id: /^[0-9a-f-]{36}$/, 'content-type': 'application/logfmt' },
      ...{ tags_0: 'task=a', tags_1: 'node=n' }
    }))
  )
})

t.test('the log tells when a task is started and stopped', async (t) => {
  const { call, services } = await startHarness(t)
  const lines: unknown[] = []
  services.log.listen((line) => {
    const { ts: _, ...members } = JSON.parse(line) as Record<string, unknown>
    lines.push(members)
  })
  await call('POST /tasks', TASK)
  await call('PATCH /tasks/a', { status: 'disabled' })
  await call('PATCH /tasks/a', { status: 'disabled' })
  t.strictSame(
    lines,
    ['started task', 'stopped task'].map((msg) => {
      return { lvl: 'info', service: 'kapacitor', task_master: 'main', task: 'a', msg }
    })
  )
})

t.test('stores are listed, and rebuilt without work', async (t) => {
  const { call } = await startHarness(t)
  t.match((await call('GET /storage/stores')).body, {
    link: { href: '/kapacitor/v1/storage/stores' },
    storage: [{ link: { href: '/kapacitor/v1/storage/stores/tasks' }, name: 'tasks' }]
  })
  for (const [request, body, status, error] of [
    ['POST /storage/stores/tasks', { action: 'rebuild' }, 204, ''],
    ['POST /storage/stores/nope', { action: 'rebuild' }, 404, 'unknown storage "nope"'],
    ['POST /storage/stores/tasks', { action: 'x' }, 400, 'failed to unmarshal storage action unknown StorageAction x'],
    ['POST /storage/stores/tasks', {}, 400, 'unkown storage action "unknown StorageAction 0"'],
    ['POST /storage/backup', {}, 404, 'Not Found']
  ] as const) {
    const answer = await call(request, body)
    t.equal(answer.status, status, request)
    if (error !== '') t.strictSame(answer.body, problem(error), request)
  }
})

t.test('a backup is a store that has the tasks', async (t) => {
  const { app, call } = await startHarness(t)
  await call('POST /tasks', TASK)
  const answer = await app.inject({ url: '/kapacitor/v1/storage/backup', headers: { 'accept-encoding': 'gzip' } })
  t.match(answer.headers, {
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment; filename="kapok.duckdb"',
    'last-modified': 'Sun, 13 Sep 2020 12:26:40 GMT',
    'content-length': String(answer.rawPayload.length)
  })
  t.equal(answer.headers['content-encoding'], undefined)
  const file = join(testFolder(t), 'copy')
  writeFileSync(file, answer.rawPayload)
  const db = await Database.open(file)
  t.match(await new TaskStore(db).all(silentLogger), [{ id: 'a' }])
  await db.close()
})

t.test('the log can be listened to, by what it says and in two forms', async (t) => {
  const { app, services } = await startHarness(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const listen = async (query: string, headers: Record<string, string> = {}): Promise<IncomingMessage> => {
    const request = get({ port, path: `/kapacitor/v1preview/logs?${query}`, headers, agent: false })
    return (await once(request, 'response'))[0] as IncomingMessage
  }
  const [plain, json] = await Promise.all([
    listen('task=a&lvl=info%2B'),
    listen('task=a&lvl=warn+', { accept: 'application/json' })
  ])
  const lines = Promise.all([once(plain, 'data'), once(json, 'data')])
  services.log.info('not wanted', { task: 'b' })
  services.log.error('it broke', { task: 'a', n: 1, what: 'x=y', tag: { host: 'h 1', zone: 'z' } })
  t.equal(plain.headers['content-type'], 'application/logfmt')
  t.equal(json.headers['content-type'], 'application/json')
  const [[text], [object]] = (await lines) as [[Buffer], [Buffer]]
  t.match(
    String(text),
    /^ts=\S+Z lvl=error msg="it broke" task=a n=1 what="x=y" tag_host="h 1" tag_zone=z\n$/,
    'what comes in objects stands for itself in logfmt'
  )
  const { ts, ...members } = JSON.parse(String(object)) as Record<string, unknown>
  t.match(ts, /Z$/)
  t.strictSame(members, {
    ...{ lvl: 'error', msg: 'it broke', task: 'a', n: 1, what: 'x=y' },
    tag: { host: 'h 1', zone: 'z' }
  })
  plain.resume()
  json.resume()
  const ended = Promise.all([once(plain, 'end'), once(json, 'end')])
  await app.close()
  await ended
  t.strictSame(
    (await startHarness(t).then((one) => one.app.inject('/kapacitor/v1preview/logs?a=1&a=2'))).json(),
    problem('query params cannot contain duplicate params')
  )
})
