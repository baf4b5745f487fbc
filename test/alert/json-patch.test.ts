import t from 'tap'
import { applyPatch, PatchError } from '../../src/alert/json-patch.ts'

const document = { id: 'h', options: { a: [1, 2], 'x/y~z': 3 }, match: '' }

/** Operations, and the document after them or the error. */
const cases: readonly [readonly unknown[], unknown][] = [
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
  [[{ op: 'test', path: '/nothing' }], document],
  [[{ op: 'replace', path: '/x', value: 1 }], { ...document, x: 1 }],
  [[{ op: 'add', path: '/x' }], { ...document, x: null }],
  [[{ op: 'test', path: '/id', value: 'x' }], 'testing value /id failed: test failed'],
  [[{ op: 'bogus', path: '/id' }], 'Unexpected kind: bogus'],
  [[{ path: '/id' }], 'Unexpected kind: unknown'],
  [[{ op: 1, path: '/id' }], 'Unexpected kind: unknown'],
  [[null], 'Unexpected kind: unknown'],
  [[{ op: 'remove' }], 'remove operation failed to decode path: missing value'],
  [[{ op: 'add', path: 7 }], 'add operation failed to decode path: missing value'],
  [[{ op: 'replace' }], 'replace operation failed to decode path: operation missing path field: missing value'],
  [[{ op: 'test', path: null }], 'test operation failed to decode path: operation missing path field: missing value'],
  [
    [{ op: 'test', path: [] }],
    'test operation failed to decode path: json: cannot unmarshal array into Go value of type string'
  ],
  [[{ op: 'move', path: '/id' }], 'move operation failed to decode from: operation, missing from field: missing value'],
  [
    [{ op: 'copy', from: '/options/b/c', path: '/id' }],
    'copy operation does not apply: doc is missing from path: /options/b/c: missing value'
  ],
  [
    [{ op: 'copy', from: '/id', path: '/b/c' }],
    'copy operation does not apply: doc is missing destination path: /b/c: missing value'
  ],
  [
    [{ op: 'remove', path: '/x' }],
    "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value"
  ],
  [[{ op: 'replace', path: '', value: 7 }], 'replace operation does not apply: doc is missing path: : missing value'],
  [[{ op: 'add', path: '/x/y', value: 1 }], 'add operation does not apply: doc is missing path: "/x/y": missing value'],
  [[{ op: 'add', path: 'x', value: 1 }], 'add operation does not apply: doc is missing path: "x": missing value'],
  [
    [{ op: 'add', path: '/options/a/4', value: 1 }],
    "error in add for path: '/options/a/4': Unable to access invalid index: 4: invalid index referenced"
  ],
  [
    [{ op: 'add', path: '/options/a/b', value: 1 }],
    `error in add for path: '/options/a/b': value was not a proper array index: 'b': strconv.Atoi: parsing "b": invalid syntax`
  ],
  [
    [{ op: 'remove', path: '/options/a/-' }],
    `error in remove for path: '/options/a/-': strconv.Atoi: parsing "-": invalid syntax`
  ],
  [
    [{ op: 'replace', path: '/options/a/2', value: 1 }],
    'replace operation does not apply: doc is missing key: /options/a/2: missing value'
  ],
  [
    [{ op: 'move', from: '/options/a/2', path: '/id' }],
    "error in move for path: '2': Unable to access invalid index: 2: invalid index referenced"
  ]
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
  t.throws(() => applyPatch({}, [{ op: 'add', path: '/__proto__/polluted', value: true }]), /is missing path/)
  t.equal(({} as { polluted?: boolean }).polluted, undefined)
})
