import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'

/**
 * Which folder of `src` may import which. `core` is open to all, and a folder to itself. What is absent is the point:
 * a node never imports a service, the store knows nobody's logic, nothing imports the HTTP layer.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  auth: ['store'],
  model: [],
  config: [],
  template: ['model'],
  store: ['model'],
  tick: ['model'],
  lineproto: ['model'],
  udf: ['model'],
  net: [],
  influxdb: ['net', 'lineproto', 'model'],
  lambda: ['tick', 'model'],
  graph: ['lambda', 'tick', 'model'],
  nodes: ['graph', 'lambda', 'tick', 'lineproto', 'model', 'template'],
  alert: ['net', 'model', 'store', 'template', 'lambda', 'tick', 'graph'],
  notify: ['net', 'model', 'config', 'store', 'template', 'alert'],
  archive: ['model'],
  engine: ['net', 'nodes', 'graph', 'archive', 'influxdb', 'lineproto', 'tick', 'model'],
  shards: ['engine', 'archive', 'graph', 'lineproto', 'model'],
  ingest: ['shards', 'lineproto', 'model'],
  tasks: ['nodes', 'graph', 'tick', 'store', 'model'],
  recordings: ['ingest', 'archive', 'influxdb', 'lineproto', 'store', 'nodes', 'graph', 'tick', 'model', 'tasks'],
  api: [
    'auth',
    'tasks',
    'alert',
    'notify',
    'load',
    'ingest',
    'shards',
    'recordings',
    'config',
    'tick',
    'graph',
    'store',
    'model'
  ],
  load: ['config', 'store', 'model'],
  cli: ['api', 'config', 'notify'],
  web: ['api']
}

/** Single files and inner folders that a folder may take from beyond its arrows, with the reason. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  // The TICKscript side of alert handlers is part of the alert node's specification.
  // Of InfluxDB: queries as texts, schedules, answers as batches. No connection is part of that.
  nodes: [
    'alert/handlers/specs.ts',
    'influxdb/influxql/',
    'influxdb/batch/',
    'influxdb/contract.ts',
    'influxdb/errors.ts'
  ],
  // Contracts of plain data, without behaviour.
  graph: ['influxdb/contract.ts'],
  recordings: ['engine/replay-spec.ts']
}

/** The composition roots may import anything; nothing imports them. */
const ROOTS = ['main.ts', 'server.ts', 'server/']

function isPart(one: string, file: string): boolean {
  return one.endsWith('/') ? file.startsWith(one) : file === one
}

const src = resolve(import.meta.dirname, '../src')

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.name.endsWith('.ts')) yield path
  }
}

function importsOf(file: string): { readonly path: string; readonly isType: boolean }[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'/gm)].map(([, type, path]) => ({
    path: resolve(dirname(file), path!),
    isType: type !== undefined
  }))
}

t.test('imports between folders run one way', (t) => {
  const broken: string[] = []
  for (const file of filesBelow(src)) {
    const from = relative(src, file)
    if (ROOTS.some((root) => isPart(root, from))) continue
    const folder = from.split('/')[0]!
    for (const { path } of importsOf(file)) {
      const to = relative(src, path)
      const target = to.split('/')[0]!
      if (target === folder || target === 'core') continue
      if (ALLOWED[folder]?.includes(target) === true || FILES[folder]?.some((one) => isPart(one, to)) === true) continue
      broken.push(`${from} -> ${to}`)
    }
  }
  t.same(broken, [])
  t.end()
})

t.test('every folder of src has its arrows declared', (t) => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  t.same(
    folders.map(({ name }) => name).filter((name) => !(name in ALLOWED) && !ROOTS.includes(`${name}/`)),
    []
  )
  t.end()
})

t.test('modules do not import each other in a circle at run time', (t) => {
  const graph = new Map<string, string[]>()
  for (const file of filesBelow(src)) {
    graph.set(
      file,
      importsOf(file)
        .filter(({ isType }) => !isType)
        .map(({ path }) => path)
    )
  }
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].map((one) => relative(src, one)).join(' -> '))
      return
    }
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  t.same(circles, [])
  t.end()
})
