import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import sideload from '../../src/nodes/sideload.ts'
import { convert } from '../../src/nodes/sideload/convert.ts'
import { cleanKey } from '../../src/nodes/sideload/source.ts'
import { feed } from './drive.ts'
import { Rig, type RigOptions } from './rig.ts'
import { testFolder } from '../support/folder.ts'

const FILES = {
  host: { 'a.yml': 'cpu: 98', 'bad.yaml': 'cpu: [1]\nonly: true' },
  hg: { 'g1.json': '{"cpu":50.5,"only":"z"}' },
  '.hidden': 'not read',
  'readme.txt': 'not parsed'
}
const FIELDS = [
  { name: 'cpu', value: { type: 'float', value: 0 } },
  { name: 'only', value: { type: 'string', value: 'q' } }
]

function rigOf(directory: string, options: Record<string, unknown> = {}, settings: RigOptions = {}): Rig {
  const source = pathToFileURL(directory).href
  const order = ['host/{{.host}}.yml', 'host//{{.host}}.yaml', 'hg/{{.hg}}.json']
  return new Rig(sideload, { ...settings, options: { source, order, field: FIELDS, ...options } })
}

t.test('a value comes from the first file of the order that has the key, else it is the default', async (t) => {
  const rig = rigOf(testFolder(t, FILES), { tag: [{ name: 'only', value: 'none' }] }, { groupBy: ['only'] })
  rig.point('m,host=a,hg=g1 v=1 1s').point('m,host=zz,hg=g1 v=2 2s').point('m,host=zz cpu=7,v=3 3s')
  t.strictSame(rig.out, [
    'm,hg=g1,host=a,only=z cpu=98,only="z",v=1 1s',
    'm,hg=g1,host=zz,only=z cpu=50.5,only="z",v=2 2s',
    'm,host=zz,only=none cpu=0,only="q",v=3 3s'
  ])
})

t.test('a value that does not fit is an error at every point, and the default', async (t) => {
  const rig = rigOf(testFolder(t, FILES))
  const point = rig.make('m,host=bad v=1 1s')
  rig.node.point(point, 0)
  rig.node.point(point, 0)
  t.strictSame(rig.out, Array(2).fill('m,host=bad cpu=0,only="true",v=1 1s'))
  t.strictSame(rig.ports.pointErrors, Array(2).fill('key "cpu" holds [1], which is no float'))
})

t.test('a point passes untouched where a template fails on its tags', async (t) => {
  const rig = rigOf(testFolder(t, FILES), { order: ['{{.host.x}}'] }).point('m,host=a v=1 1s')
  t.strictSame(rig.out, ['m,host=a v=1 1s'])
  t.match(rig.ports.pointErrors[0], /^template: sideload:1:/)
})

t.test('a point passes untouched where a template takes too many steps', async (t) => {
  const order = ['{{ range 999999999 }}{{ end }}']
  const rig = rigOf(testFolder(t, FILES), { order }).point('m,host=a v=1 1s')
  t.strictSame(rig.out, ['m,host=a v=1 1s'])
  t.match(rig.ports.pointErrors[0], /^template: sideload: rendering takes more than 1000000 steps: /)
})

t.test('the points of a batch are changed, the batch is not', async (t) => {
  const rig = rigOf(testFolder(t, FILES), { tag: [{ name: 'only', value: 'n' }] }, { edge: 'batch', groupBy: ['host'] })
  feed(rig, 'BATCH m,host=a 5s v=1 1s')
  t.strictSame(rig.out, ['m,host=a tmax=5s [,only=n cpu=98,only="q",v=1 1s]'])
})

t.test('files are read again when told so, and stay as they were when that fails', async (t) => {
  const directory = testFolder(t, FILES)
  const rig = rigOf(directory)
  const point = rig.make('m,host=a v=1 1s')
  const cpu = (): string => {
    rig.node.point(point, 0)
    return /cpu=(\d+)/.exec(rig.out[0]!)![1]!
  }
  t.equal(cpu(), '98')
  writeFileSync(join(directory, 'host/a.yml'), 'cpu: 11')
  t.equal(cpu(), '98')
  rig.node.reload()
  t.equal(cpu(), '11')
  writeFileSync(join(directory, 'host/a.yml'), '- 1')
  t.throws(() => rig.node.reload(), { message: 'failed to read host/a.yml: it must hold an object' })
  t.equal(cpu(), '11')
  rmSync(directory, { recursive: true })
  t.throws(() => rig.node.reload(), /ENOENT/)
})

t.test('what cannot be read refuses the start', async (t) => {
  const refused = (options: Record<string, unknown>) => () => new Rig(sideload, { options })
  t.throws(refused({ source: 'http://host/x' }), { message: `unsupported source scheme "http", must be 'file'` })
  t.throws(refused({ source: 'endpoint' }), { message: `unsupported source scheme "", must be 'file'` })
  t.throws(() => rigOf(testFolder(t, { 'a.json': '{' })), /^failed to read a\.json: /)
  t.throws(() => rigOf(testFolder(t, { 'a.yml': 'x: *y' })), {
    message:
      'failed to read a.yml: line 1, column 4: no anchor of this name comes before: a text that begins with one of ! & * | > % needs quotes'
  })
  const circle = testFolder(t, { a: { b: {} } })
  symlinkSync('../..', join(circle, 'a/b/c'))
  t.throws(() => rigOf(circle), { message: 'failed to read a/b/c: it leads back to a directory that it is in' })
  t.throws(() => rigOf(testFolder(t, FILES), { order: ['{{.host'] }), {
    message: 'template: sideload:1: unclosed action'
  })
})

t.test('loaded values take the type of their default', async (t) => {
  const cases: [unknown, 'int' | 'float' | 'string' | 'boolean', unknown][] = [
    [3, 'int', 3],
    [3.5, 'int', undefined],
    ['-12', 'int', -12],
    ['9223372036854775807', 'int', 9223372036854775807n],
    ['9223372036854775808', 'int', undefined],
    ['1.5', 'int', undefined],
    [true, 'int', undefined],
    [3.5, 'float', 3.5],
    ['1e3', 'float', 1000],
    ['x', 'float', undefined],
    [true, 'boolean', true],
    ['F', 'boolean', false],
    ['yes', 'boolean', undefined],
    [1, 'boolean', undefined],
    ['s', 'string', 's'],
    [1e21, 'string', '1000000000000000000000'],
    [false, 'string', 'false'],
    [null, 'string', undefined]
  ]
  for (const [value, type, want] of cases) t.equal(convert(value, type), want, `${String(value)} as ${type}`)
})

t.test('keys are cleaned like paths', async (t) => {
  t.strictSame(['a//b', './a/', 'a/../b', ''].map(cleanKey), ['a/b', 'a', 'b', '.'])
})
