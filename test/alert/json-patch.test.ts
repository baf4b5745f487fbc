import t from 'tap'
import { applyPatch, PatchError } from '../../src/alert/json-patch.ts'

const document = { id: 'h', options: { a: [1, 2], 'x/y~z': 3 }, match: '' }

/** Operations, and the document after them or the error. */
const cases: readonly [unknown, unknown][] = [
  [[], document],
  [[{ op: 'add', path: '/kind', value: 'log' }], { ...document, kind: 'log' }],
  [[{ op: 'add', path: '/options/a/1', value: 9 }], { ...document, options: { a: [1, 9, 2], 'x/y~z': 3 } }],
  [[{ op: 'add', path: '/options/a/-', value: 9 }], { ...document, options: { a: [1, 2, 9], 'x/y~z': 3 } }],
  [[{ op: 'replace', path: '/options/a/0', value: 9 }], { ...document, options: { a: [9, 2], 'x/y~z': 3 } }],
  [[{ op: 'replace', path: '/options/x~1y~0z', value: 4 }], { ...document, options: { a: [1, 2], 'x/y~z': 4 } }],
  [[{ op: 'remove', path: '/options' }], { id: 'h', match: '' }],
  [[{ op: 'move', from: '/options/a', path: '/a' }], { id: 'h', options: { 'x/y~z': 3 }, match: '', a: [1, 2] }],
  [[{ op: 'copy', from: '/options/a', path: '/a' }], { ...document, a: [1, 2] }],
  [[{ op: 'test', path: '/options/a', value: [1, 2] }], document],
  [[{ op: 'test', path: '/nothing', value: null }], document],
  [[{ op: 'replace', path: '', value: 7 }], 7],
  [[{ op: 'test', path: '/id', value: 'x' }], 'Testing value /id failed'],
  [[{ op: 'bogus', path: '/id' }], 'Unexpected kind: bogus'],
  [[{ path: '/id' }], 'Unexpected kind: unknown'],
  [[{ op: 'remove' }], 'Missing path'],
  [[7], 'Missing path'],
  [[{ op: 'move', path: '/id' }], 'Missing from'],
  [[{ op: 'remove', path: '/x' }], 'Unable to remove nonexistent key: x'],
  [[{ op: 'replace', path: '/x', value: 1 }], 'Missing key: /x'],
  [[{ op: 'add', path: '/x/y', value: 1 }], 'Missing key: /x/y'],
  [[{ op: 'add', path: 'x', value: 1 }], 'Missing key: x'],
  [[{ op: 'add', path: '/options/a/4', value: 1 }], 'Invalid index: 4'],
  [[{ op: 'remove', path: '/options/a/-' }], 'Invalid index: -'],
  // An object is merged in.
  [
    { match: 'changed()', options: { a: null, b: { c: 1 } } },
    { id: 'h', options: { 'x/y~z': 3, b: { c: 1 } }, match: 'changed()' }
  ],
  [{}, document]
]

t.test('operations change the document, or say why not', async (t) => {
  for (const [patch, expected] of cases) {
    const name = JSON.stringify(patch)
    try {
      t.strictSame(applyPatch(document, patch), expected, name)
    } catch (error) {
      t.type(error, PatchError, name)
      t.equal((error as Error).message, expected, name)
    }
  }
  t.strictSame(document, { id: 'h', options: { a: [1, 2], 'x/y~z': 3 }, match: '' }, 'and leave the given one alone')
})

t.test('no patch reaches a prototype', async (t) => {
  applyPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }])
  applyPatch({}, JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'))
  t.throws(() => applyPatch({}, [{ op: 'add', path: '/__proto__/polluted', value: true }]), /Missing key/)
  t.equal(({} as { polluted?: boolean }).polluted, undefined)
})
