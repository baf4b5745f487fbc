import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { testFolder } from '../support/folder.ts'
import { areas, loadArea, loadCases } from './case.ts'
import { formatCase } from './format.ts'
import { readFolder } from './import.ts'

t.test('a case is written as its file is, so that a record changes nothing but what has changed', (t) => {
  for (const { file, area: _area, name, expect, ...content } of areas.flatMap(loadArea)) {
    t.equal(formatCase(content, expect), readFileSync(file, 'utf8'), name)
  }
  t.end()
})

t.test('a case with a key that nobody reads is refused, and so is one without an expectation', (t) => {
  const folder = testFolder(t)
  const check = (text: string): (() => unknown) => {
    const file = join(folder, 'case.yaml')
    writeFileSync(file, text)
    return () => loadCases(file)
  }
  t.throws(check('about: x\nscirpt: stream\nexpect: {}\n'), { message: /case\.yaml: scirpt: no such key/ })
  t.throws(check('about: x\nscript: stream\n'), { message: /expect: missing/ })
  t.throws(check('script: stream\nexpect: {}\n'), { message: /about: missing/ })
  t.end()
})

t.test('a case that is a folder becomes one that is a file', (t) => {
  const folder = join(testFolder(t), 'area', 'name')
  mkdirSync(folder, { recursive: true })
  const files = {
    'case.json': JSON.stringify({
      about: 'two tasks',
      tasks: [{ type: 'stream' }, { id: 'b', type: 'batch', file: 'b.tick' }],
      steps: [{ write: 'one.lp', settle: 5 }, { sleep: 1 }, { http: { path: '/x', bodyFile: 'one.lp' } }],
      cleanup: [{ path: '/y' }]
    }),
    'task.tick': 'stream\n    |from()\n',
    'b.tick': 'batch\n',
    'one.lp': 'm v=1\nm v=2\n',
    'expected.json': '{"posts":{"POST /x m {}":[{"a":1},{"a":2}]}}'
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  const { case: content, expect } = readFolder(folder)
  t.equal(
    formatCase(content, expect),
    `about: two tasks
tasks:
  - script: |
      stream
          |from()
  - type: batch
    id: b
    script: |
      batch
steps:
  - write: |
      m v=1
      m v=2
    settle: 5
  - sleep: 1
  - http:
      path: /x
      body: |
        m v=1
        m v=2
cleanup:
  - path: /y
expect:
  posts:
    POST /x m {}:
      - a: 1
      - a: 2
`
  )
  t.end()
})
