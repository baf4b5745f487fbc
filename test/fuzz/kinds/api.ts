import type { Random } from '../../support/random.ts'
import { chain, from } from '../generate/nodes.ts'
import type { Request } from '../../conformance/case.ts'
import type { Trial } from '../trial.ts'
import type { Kind } from './index.ts'

const API = '/kapacitor/v1'
/** A body that is no object. Deep ones tell whether somebody recurses without a bound. */
const BROKEN = ['', '{', 'null', '[]', '"x"', '5', '{"id":"@ID@-a",}', '{"id":"@ID@-a"', "{'id':1}", '\ufeff{}', '{}{}', '{"id":"a","id":"@ID@-b"}', '['.repeat(5000), '{"a":'.repeat(3000), '{"id":"\\ud800"}', '{"ID":"@ID@-a"}', '{} x'] // prettier-ignore
const HOSTILE: readonly unknown[] = [null, 0, -1, 1.5, 1e400, true, '', ' ', 'x'.repeat(300), [], {}, ['a'], [[]], { a: { b: [1] } }, '<script>alert(1)</script>', "'; DROP TABLE tasks; --", '../../etc/passwd', 'a/b', 'é€😀', '\u0000', '\n', '%2e%2e', '2020-01-01T00:00:00Z', '@ID@-a', 'constructor', '__proto__'] // prettier-ignore
const PATH_IDS = [
  '@ID@-nope',
  '',
  '..',
  '%2e%2e',
  '%00',
  'a%2Fb',
  '%',
  'a b',
  '@ID@-a/',
  '@ID@-a//x',
  '__proto__',
  '%C3%A9',
  'x'.repeat(2000)
]

type Resource = 'tasks' | 'templates' | 'handlers' | 'recordings' | 'replays'

const COLLECTIONS: Readonly<Record<Resource, string>> = {
  tasks: `${API}/tasks`,
  templates: `${API}/templates`,
  handlers: `${API}/alerts/topics/@ID@-topic/handlers`,
  recordings: `${API}/recordings`,
  replays: `${API}/replays`
}
const RESOURCES = Object.keys(COLLECTIONS) as Resource[]
const DBRPS = [{ db: '@DB@', rp: 'autogen' }]
const IDS = ['@ID@-a', '@ID@-b']

export default {
  name: 'api',
  summary: 'Requests that make, change, list and delete things, with members that may be anything.',
  oracles: ['sound', 'restart'],
  make(random): Trial {
    const requests = [...beginnings(random), ...Array.from({ length: 3 + random.int(8) }, () => request(random))]
    const each = RESOURCES.flatMap((resource) => IDS.map((id) => `${COLLECTIONS[resource]}/${id}`))
    return {
      about: 'requests of the API',
      script: [],
      bodies: [],
      httpOut: [],
      requests,
      reads: [...each, `${API}/alerts/topics/@ID@-topic`].map((path) => ({ method: 'GET', path })),
      cleanup: each.reverse().map((path) => ({ method: 'DELETE', path }))
    }
  }
} satisfies Kind

/** Something to change, most of the time. */
function beginnings(random: Random): Request[] {
  const make = (resource: Resource, path: string, more: object): Request => {
    const members = Object.entries(MEMBERS[resource]).map(([name, member]) => [name, member(random)])
    const handler = resource === 'handlers' ? random.pick(HANDLERS) : {}
    return {
      method: 'POST',
      path,
      body: { ...handler, ...(Object.fromEntries(members) as object), id: IDS[0], ...more }
    }
  }
  return random.some(
    [
      make('templates', COLLECTIONS.templates, {}),
      make('tasks', COLLECTIONS.tasks, { 'template-id': '', dbrps: DBRPS, vars: {} }),
      make('tasks', COLLECTIONS.tasks, { id: IDS[1], 'template-id': random.chance(0.5) ? IDS[0] : '', dbrps: DBRPS }),
      make('handlers', COLLECTIONS.handlers, {}),
      make('recordings', `${COLLECTIONS.recordings}/stream`, { stop: '2100-01-01T00:00:00Z' })
    ],
    0.7
  )
}

function request(random: Random): Request {
  const resource = random.pick(RESOURCES.concat('tasks'))
  const collection = COLLECTIONS[resource]
  const path = `${collection}/${random.chance(0.85) ? random.pick(IDS) : random.pick(PATH_IDS)}`
  switch (random.int(10)) {
    case 0:
      return { method: 'GET', path: `${path}${query(random)}` }
    case 1:
      return { method: 'GET', path: `${collection}${query(random)}` }
    case 2:
      return { method: 'DELETE', path }
    case 3:
    case 4:
    case 5:
      if (resource === 'recordings' || resource === 'replays') break
      return {
        method: resource === 'handlers' && random.chance(0.3) ? 'PUT' : 'PATCH',
        path,
        body: body(random, resource)
      }
  }
  return { method: 'POST', path: creationPath(random, resource), body: body(random, resource) }
}

function creationPath(random: Random, resource: Resource): string {
  const collection = COLLECTIONS[resource]
  if (resource !== 'recordings') return collection
  return `${collection}/${random.pick(['stream', 'stream', 'batch', 'query'])}`
}

/** Only what is of this trial is listed: others run beside it. */
function query(random: Random): string {
  const parameters = [
    'pattern=@ID@*',
    ...random.some(
      ['fields=id', 'fields=status', 'fields=nope', 'offset=1', 'offset=x', 'limit=1', 'limit=0', 'limit=99999999999999999999', 'script-format=raw', 'script-format=x', 'dot-view=labels', 'replay-id=@ID@-a', 'min-level=WARNING', 'min-level=x'],
      0.1
    )
  ] // prettier-ignore
  return `?${parameters.join('&')}`
}

function body(random: Random, resource: Resource): unknown {
  if (random.chance(0.08)) return random.pick(BROKEN)
  if (resource === 'handlers' && random.chance(0.15)) {
    return [
      {
        op: random.pick(['replace', 'add', 'remove', 'nope']),
        path: random.pick(['/kind', '/match', '/options/url', '/x/y', '']),
        value: random.pick(HOSTILE)
      }
    ]
  }
  const members = Object.entries(MEMBERS[resource]).filter(() => random.chance(0.75))
  const chosen = members.map(
    ([name, make]) => [name, random.chance(0.07) ? random.pick(HOSTILE) : make(random)] as const
  )
  if (random.chance(0.05)) chosen.push([random.pick(['nope', '__proto__', 'constructor']), random.pick(HOSTILE)])
  return { ...(resource === 'handlers' && random.chance(0.9) && random.pick(HANDLERS)), ...Object.fromEntries(chosen) }
}

const MEMBERS: Readonly<Record<Resource, Readonly<Record<string, (random: Random) => unknown>>>> = {
  tasks: {
    id: id,
    type: (random) => random.pick(['stream', 'batch']),
    dbrps: (random) => random.pick([[{ db: '@DB@', rp: 'autogen' }], [{ db: '@DB@', rp: 'autogen' }, { db: 'x', rp: '' }], [], [{}]]),
    script,
    'template-id': (random) => (random.chance(0.25) ? id(random) : ''),
    status: (random) => random.pick(['enabled', 'disabled']),
    vars
  },
  templates: { id, type: () => 'stream', script },
  handlers: {
    id: (random) => random.pick(['@ID@-a', '@ID@-b']),
    match: (random) => random.pick(['', 'changed() == TRUE', 'level() >= WARNING', '"host" == \'a\'', '1 +', 'nope()', '"a" == 1'])
  },
  recordings: {
    id,
    task: id,
    type: (random) => random.pick(['stream', 'batch']),
    stop: (random) => random.pick(['2100-01-01T00:00:00Z', '2000-01-01T00:00:00Z', 'x']),
    start: (random) => random.pick(['2000-01-01T00:00:00Z', 'x', '']),
    query: (random) => random.pick(['SELECT * FROM "d"."autogen"."m"', 'SELECT', ''])
  },
  replays: {
    id,
    task: id,
    recording: id,
    'recording-time': (random) => random.chance(0.5),
    clock: (random) => random.pick(['fast', 'real'])
  }
} // prettier-ignore

const HANDLERS: readonly object[] = [
  { kind: 'log', options: { path: '/tmp/kapok-fuzz.log' } },
  { kind: 'tcp', options: { address: '127.0.0.1:1' } },
  { kind: 'post', options: { url: 'http://127.0.0.1:1/' } },
  { kind: 'publish', options: { topics: ['@ID@-other'] } },
  { kind: 'aggregate', options: { interval: '10s', topic: '@ID@-other' } },
  { kind: 'nope', options: {} },
  { kind: 'log', options: { nope: 1 } },
  { kind: 'post' }
]

function id(random: Random): string {
  return random.chance(0.9) ? random.pick(IDS) : random.pick(['@ID@ x', '@ID@/x', '@ID@é', '@ID@:x'])
}

function script(random: Random): string {
  const kind = random.int(10)
  if (kind === 0) return random.pick(['', 'stream', 'nope', 'stream|from()|nope()', "dbrp \"a\".\"b\"\nstream|from()|log()", "var x = 5\nvar y string\nstream|from().measurement(y)|log()", 'batch|query(\'SELECT v FROM "d"."r".m\').every(1h).period(1h)|log()']) // prettier-ignore
  if (kind < 4) return 'var y = \'m\'\nvar n = 5\nstream|from().measurement(y)|where(lambda: "v" > n)|log()'
  return [...from(random), ...chain(random, 1 + random.int(2)).pieces, '|log()']
    .join('')
    .replaceAll('@CAPTURE@', 'http://127.0.0.1:1')
}

function vars(random: Random): unknown {
  if (random.chance(0.6)) return { n: { type: 'int', value: random.int(10) }, extra: { type: 'bool', value: true } }
  return random.pick<unknown>([
    {},
    { n: { type: 'int', value: 7 } },
    { y: { type: 'string', value: 'q' }, n: { type: 'int', value: 1 } },
    { n: { type: 'string', value: 'x' } },
    { n: { type: 'nope', value: 1 } },
    { n: { value: 1 } },
    {
      n: { type: 'duration', value: '10s' },
      l: { type: 'lambda', value: '"v" > 1' },
      r: { type: 'regex', value: '(' }
    },
    { l: { type: 'list', value: [{ type: 'string', value: 'a' }, { type: 'star' }] } },
    { n: 5 }
  ])
}
