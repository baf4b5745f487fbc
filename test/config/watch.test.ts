import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readFolder } from '../../src/config/folder.ts'
import { watchFolder } from '../../src/config/watch.ts'
import { wallClock } from '../../src/core/clock.ts'
import { testFolder } from '../support/folder.ts'

const texts = (folder: string) =>
  Object.fromEntries(
    [...readFolder(folder, ['.yaml'])].map(([name, file]) => [name, 'text' in file ? file.text : file.error])
  )

/** Calls `change`, and resolves when it has been told of, with the time that that took. */
async function watching(t: Test, folder: string, parts: readonly string[] = []) {
  let onTold = () => {}
  const watcher = watchFolder(folder, parts, wallClock, () => onTold())
  t.teardown(() => watcher.close())
  await watcher.ready
  return async (change: () => void): Promise<number> => {
    const start = performance.now()
    const told = new Promise<void>((resolve) => (onTold = resolve))
    change()
    await told
    return performance.now() - start
  }
}

/** As Kubernetes mounts a ConfigMap. */
function mount(folder: string, version: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, `..${version}`), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `..${version}`, name), text)
  symlinkSync(`..${version}`, join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
}

/** The machine may be busy at times, not at all of them. */
const fastest = (...times: readonly number[]): number => Math.min(...times)

t.test('a change of a file is told within a second', async (t) => {
  const folder = testFolder(t, { filters: { 'a.yaml': '1' } })
  const change = await watching(t, folder, ['filters'])
  const file = join(folder, 'filters/a.yaml')
  const written = await change(() => writeFileSync(file, '2'))
  const renamed = await change(() => renameSync(file, join(folder, 'filters/b.yaml')))
  const removed = await change(() => rmSync(join(folder, 'filters'), { recursive: true }))
  t.ok(fastest(written, renamed, removed) < 1000)
})

t.test('so is the swap of the link of a ConfigMap', async (t) => {
  const folder = testFolder(t, {})
  const filters = join(folder, 'filters')
  mount(filters, 'v1', { 'a.yaml': '1', 'b.yaml': '1' })
  for (const name of ['a.yaml', 'b.yaml']) symlinkSync(`..data/${name}`, join(filters, name))
  const change = await watching(t, folder, ['filters'])
  t.strictSame(texts(filters), { 'a.yaml': '1', 'b.yaml': '1' })
  const times: number[] = []
  for (const version of ['2', '3', '4']) {
    times.push(await change(() => mount(filters, `v${version}`, { 'a.yaml': version, 'b.yaml': version })))
    t.strictSame(texts(filters), { 'a.yaml': version, 'b.yaml': version })
    rmSync(join(filters, `..v${Number(version) - 1}`), { recursive: true })
  }
  t.ok(fastest(...times) < 1000)
})

t.test('and that of a link that stands for the folder', async (t) => {
  const root = testFolder(t, { v1: { filters: { 'a.yaml': '1' } }, v2: { filters: { 'a.yaml': '2' } } })
  const folder = join(root, 'current')
  symlinkSync('v1', folder)
  const change = await watching(t, folder, ['filters'])
  const swap = (version: string) => {
    symlinkSync(version, join(root, 'next'))
    renameSync(join(root, 'next'), folder)
  }
  const there = await change(() => swap('v2'))
  t.strictSame(texts(join(folder, 'filters')), { 'a.yaml': '2' })
  await change(() => writeFileSync(join(root, 'v2/filters/a.yaml'), '3')) // The new one is watched.
  const back = await change(() => swap('v1'))
  t.ok(fastest(there, back, await change(() => swap('v2'))) < 1000)
})

t.test('a folder that is made later is seen', async (t) => {
  const folder = join(testFolder(t, {}), 'config')
  const change = await watching(t, folder, ['filters'])
  await change(() => mkdirSync(join(folder, 'filters'), { recursive: true }))
  await change(() => writeFileSync(join(folder, 'filters/a.yaml'), '1'))
  t.strictSame(texts(join(folder, 'filters')), { 'a.yaml': '1' })
})

t.test('a file that cannot be read is alone in that', (t) => {
  const folder = testFolder(t, { 'a.yaml': '1', 'folder.yaml': {} })
  symlinkSync('nowhere', join(folder, 'b.yaml'))
  symlinkSync('c.yaml', join(folder, 'c.yaml'))
  writeFileSync(join(folder, 'd.yaml'), Buffer.from([0x61, 0xff]))
  t.match(texts(folder), {
    'a.yaml': '1',
    'b.yaml': 'the link leads to no file',
    'c.yaml': /ELOOP/,
    'd.yaml': /^the file is not UTF-8/,
    'folder.yaml': 'it is a folder, not a file'
  })
  t.strictSame(texts(join(folder, 'nosuch')), {})
  t.end()
})
