import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { testFolder } from './support/folder.ts'
import { circlesOfFiles, circlesOfRooms, type Imports, importsBelow } from './support/imports.ts'

/**
 * Which floor may import which; `core` is open to all. A floor is a folder of `src`, or one inside that stands below
 * the rest of it. What is absent is the point: a node never imports a service, the store knows nobody's logic, nothing
 * imports the HTTP layer.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  auth: ['store'],
  model: [],
  config: ['alert/handlers'],
  template: ['model'],
  store: ['model'],
  tick: ['model'],
  lineproto: ['model'],
  net: [],
  // Queries as texts, schedules, answers as batches, and what is asked of a cluster. No connection is part of it.
  'influxdb/influxql': ['model'],
  'influxdb/query': ['influxdb/influxql', 'model'],
  influxdb: ['influxdb/query', 'influxdb/influxql', 'net', 'lineproto', 'model'],
  lambda: ['tick', 'model'],
  graph: ['influxdb/query', 'lambda', 'tick', 'model'],
  // Their side of TICKscript is part of the alert node's specification.
  'alert/handlers': ['net', 'graph', 'tick', 'template', 'model'],
  nodes: [
    'alert/handlers',
    'influxdb/influxql',
    'influxdb/query',
    'graph',
    'lambda',
    'tick',
    'lineproto',
    'template',
    'model'
  ],
  alert: ['alert/handlers', 'net', 'model', 'store', 'template', 'lambda', 'tick', 'graph'],
  notify: ['net', 'model', 'config', 'store', 'template', 'alert', 'alert/handlers'],
  archive: ['model'],
  engine: ['net', 'nodes', 'graph', 'archive', 'influxdb', 'influxdb/query', 'lineproto', 'tick', 'model'],
  shards: ['engine', 'influxdb', 'archive', 'graph', 'lineproto', 'model'],
  ingest: ['shards', 'lineproto', 'model'],
  tasks: ['nodes', 'graph', 'tick', 'store', 'model'],
  recordings: [
    ...['ingest', 'archive', 'influxdb', 'influxdb/query', 'influxdb/influxql', 'lineproto'],
    ...['store', 'nodes', 'graph', 'tick', 'model', 'tasks']
  ],
  api: [
    ...['auth', 'tasks', 'alert', 'alert/handlers', 'notify', 'load', 'ingest', 'shards', 'recordings'],
    ...['config', 'tick', 'graph', 'store', 'model']
  ],
  load: ['config', 'store', 'model'],
  cli: ['api', 'config', 'notify']
}

/** The composition roots may import anything; nothing imports them. */
const ROOTS = ['main.ts', 'server.ts', 'server/']

const src = resolve('src')
const imports = importsBelow(src)

function isRoot(file: string): boolean {
  return ROOTS.some((root) => (root.endsWith('/') ? file.startsWith(root) : file === root))
}

/** The innermost floor that a file lies on. */
function floorOf(file: string): string {
  const [folder, inner] = file.split('/')
  return `${folder}/${inner}` in ARROWS ? `${folder}/${inner}` : folder!
}

function againstArrows(imports: Imports): string[] {
  return [...imports].flatMap(([from, targets]) => {
    if (isRoot(from)) return []
    const floor = floorOf(from)
    const isAllowed = (to: string) => [floor, 'core', ...(ARROWS[floor] ?? [])].includes(floorOf(to))
    return targets.filter((to) => !to.startsWith('../') && !isAllowed(to)).map((to) => `${from} -> ${to}`)
  })
}

/** The imports as they are, and one more. */
function withImport(from: string, to: string): Imports {
  return new Map(imports).set(from, [...imports.get(from)!, to])
}

t.test('imports between floors go along the arrows, and nothing imports a composition root', (t) => {
  t.same(againstArrows(imports), [])
  t.end()
})

t.test('every folder of src has its arrows declared, and every floor is there', (t) => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const names = folders.map(({ name }) => name).filter((name) => !isRoot(`${name}/`))
  t.same(
    names.filter((name) => !(name in ARROWS)),
    []
  )
  const known = new Set([...imports.keys()].map(floorOf))
  t.same(
    Object.keys(ARROWS).filter((floor) => !known.has(floor)),
    []
  )
  t.end()
})

t.test('no files import each other in a circle, types included', (t) => {
  t.same(circlesOfFiles(imports), [])
  t.end()
})

t.test('no two rooms reach each other, types included', (t) => {
  t.same(circlesOfRooms(imports), [])
  t.end()
})

t.test('an import that breaks a rule is named', (t) => {
  const upwards = ['alert/service.ts', 'notify/service.ts'] as const
  t.same(againstArrows(withImport(...upwards)), ['alert/service.ts -> notify/service.ts'])
  t.ok(
    circlesOfRooms(withImport(...upwards)).some((circle) => circle.includes('alert/service.ts -> notify/service.ts'))
  )
  const root = 'core/serial.ts -> server/base.ts'
  t.same(againstArrows(withImport('core/serial.ts', 'server/base.ts')), [root])
  const back = ['graph/receiver.ts', 'graph/node.ts'] as const
  t.ok(circlesOfFiles(withImport(...back)).some((circle) => circle.includes('graph/receiver.ts -> graph/node.ts')))
  t.same(circlesOfFiles(withImport('core/serial.ts', 'core/serial.ts')), [['core/serial.ts -> core/serial.ts']])
  t.end()
})

t.test('types, import() and the entries of threads are imports', (t) => {
  const folder = testFolder(t)
  mkdirSync(join(folder, 'room'))
  const lines = [
    "import type { A } from './a.ts'",
    "import { type B } from '../b.ts'",
    "export * from './c.ts'",
    "type D = import('./d.ts').D",
    "const e = await import('./e.ts')",
    "const thread = new URL('./f.ts', import.meta.url)",
    "import { join } from 'node:path'"
  ]
  writeFileSync(join(folder, 'room', 'file.ts'), lines.join('\n'))
  const found = importsBelow(folder).get('room/file.ts')!
  t.same([...found].sort(), ['b.ts', 'room/a.ts', 'room/c.ts', 'room/d.ts', 'room/e.ts', 'room/f.ts'])
  t.end()
})
