import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import t from 'tap'
import { instantOfMillis } from '../../src/core/instant.ts'
import { Instant, instantOfNanos, nanosOf } from '../../src/core/instant.ts'
import { instantAt, intAt, setInstant, setInt } from '../../src/archive/int64.ts'
import { ArchiveReader } from '../../src/archive/reader.ts'
import { ArchiveWriter } from '../../src/archive/writer.ts'
import { Random } from '../support/random.ts'
import { RecorderRig, textOf } from '../recordings/rig.ts'
import { testFolder } from '../support/folder.ts'

const folder = testFolder(t)

const CASES: Readonly<Record<string, { bodies: readonly string[]; lines: readonly string[] }>> = {
  'all types come back, with their values': {
    bodies: [
      'm f=1.5,g=-0.0,h=0,i=9007199254740993i,j=-9223372036854775808i,k=-1i,l=true,s="a \\"b\\" é\u0000 𝄞, longer than twelve" 1'
    ],
    lines: [
      'at 1000000000',
      'db.rp.m f:float=1.5 g:float=-0 h:float=0 i:int=9007199254740993 j:int=-9223372036854775808 k:int=-1 l:boolean=true s:string="a \\"b\\" é\\u0000 𝄞, longer than twelve" 1'
    ]
  },
  'zeros keep their signs, next to each other and in whole columns': {
    bodies: ['m v=0 1\nm v=-0 2\nm v=0 3\nn v=-0 4'],
    lines: [
      'at 1000000000',
      'db.rp.m v:float=0 1',
      'db.rp.m v:float=-0 2',
      'db.rp.m v:float=0 3',
      'db.rp.n v:float=-0 4'
    ]
  },
  'a field may change its type, points may lack fields and have them in any order': {
    bodies: ['m v=1,w=2 1\nm v=1i 2\nm v="x" 3\nm w=2,v=1 4\nm v=true,V=1 5'],
    lines: [
      'at 1000000000',
      'db.rp.m v:float=1 w:float=2 1',
      'db.rp.m v:int=1 2',
      'db.rp.m v:string="x" 3',
      'db.rp.m w:float=2 v:float=1 4',
      'db.rp.m v:boolean=true V:float=1 5'
    ]
  },
  'measurements, tags and fields may have any names': {
    bodies: [
      'cpu,host=a host="f" 1\nCPU,Host=b,host=c time=1,sequence=2,series=3,shape=4,"q"=5 2\nka\\ pok,a"b=c\\=d "=1 3\nsequence v=1 4'
    ],
    lines: [
      'at 1000000000',
      'db.rp.cpu,host=a host:string="f" 1',
      'db.rp.CPU,Host=b,host=c time:float=1 sequence:float=2 series:float=3 shape:float=4 "q":float=5 2',
      'db.rp.ka pok,a"b=c=d ":float=1 3',
      'db.rp.sequence v:float=1 4'
    ]
  },
  'times come back to the nanosecond, over the whole range': {
    bodies: [
      'm v=1 9223372036854775806\nm v=1 -9223372036854775806\nm v=1 -1\nm v=1 0\nm v=1 1600000000123456789\nm v=1 1600000000123456789'
    ],
    lines: [
      'at 1000000000',
      'db.rp.m v:float=1 9223372036854775806',
      'db.rp.m v:float=1 -9223372036854775806',
      'db.rp.m v:float=1 -1',
      'db.rp.m v:float=1 0',
      'db.rp.m v:float=1 1600000000123456789',
      'db.rp.m v:float=1 1600000000123456789'
    ]
  },
  'the order of the measurements stays, and which points came together': {
    bodies: ['a v=1 3\nb v=1 2\na v=2 1', 'b v=2 9', 'c v=1 8\nb v=3 7'],
    lines: [
      'at 1000000000',
      'db.rp.a v:float=1 3',
      'db.rp.b v:float=1 2',
      'db.rp.a v:float=2 1',
      'at 1000000000',
      'db.rp.b v:float=2 9',
      'at 1000000000',
      'db.rp.c v:float=1 8',
      'db.rp.b v:float=3 7'
    ]
  },
  'nothing is a recording, too': { bodies: [], lines: [] }
}

for (const [claim, { bodies, lines }] of Object.entries(CASES)) {
  t.test(claim, async (t) => {
    const path = join(folder, `${claim.replaceAll(' ', '-')}.duckdb`)
    const rig = new RecorderRig()
    for (const body of bodies) rig.write(body)
    await rig.archive(path)
    t.strictSame(await textOf(path), lines)
  })
}

t.test('random points come back as they were, through many batches of records, windows and commits', async (t) => {
  const rig = new RecorderRig()
  const generator = new Random(7)
  const random = (below: number): number => generator.int(below)
  const value = (): string => [`${random(1000) / 8}`, `${random(99)}i`, `"s${random(50)}"`, 't', '-0'][random(5)]!
  const expected: string[] = []
  const typed = (text: string): string => {
    if (text === 't') return 'boolean=true'
    if (text.endsWith('i')) return `int=${text.slice(0, -1)}`
    return text.startsWith('"') ? `string=${text}` : `float=${text}`
  }
  for (let body = 0; body < 60; body++) {
    rig.clock.advance(random(2) * 7)
    expected.push(`at ${nanosOf(rig.clock.now())}`)
    const rows = Array.from({ length: 1 + random(5000) }, () => {
      const [name, host, field] = [`m${random(3)}`, `h${random(20)}`, value()]
      const others = random(4) === 0 ? [['w', value()] as const] : []
      const fields = [['v', field] as const, ...others]
      const time = `${1_600_000_000_000_000_000n + BigInt(random(1e9))}`
      expected.push(`db.rp.${name},host=${host} ${fields.map(([f, x]) => `${f}:${typed(x)}`).join(' ')} ${time}`)
      return `${name},host=${host} ${fields.map((pair) => pair.join('=')).join(',')} ${time}`
    })
    rig.write(rows.join('\n'))
  }
  const path = join(folder, 'random.duckdb')
  await rig.archive(path)
  const found = await textOf(path)
  t.equal(found.length, expected.length)
  t.notOk(
    found.some((line, i) => line !== expected[i]),
    'in order'
  )
  const some = await textOf(path, (measurement) => (measurement === 'm1' ? new Set(['w']) : undefined))
  t.strictSame(
    some.filter((line) => !line.startsWith('at')),
    expected
      .filter((line) => line.startsWith('db.rp.m1'))
      .map((line) =>
        line.replace(/ v:\S+/, '').replace(/ (\d+)$/, (_, n: string) => (line.includes(' w:') ? ` ${n}` : `  ${n}`))
      ),
    'only what is read is read'
  )
})

t.test('the longer the points, the fewer are fetched at a time', async (t) => {
  for (const [text, points] of [
    ['', 122_880],
    ['x'.repeat(1000), 61_440],
    ['x'.repeat(200_000), 480]
  ] as const) {
    const path = join(folder, 'long.duckdb')
    await new RecorderRig().write(`m s="${text}",v=1 1\n`.repeat(20)).archive(path)
    const reader = await ArchiveReader.open(path)
    t.equal(await reader.windowPoints(await reader.plan(() => 'all')), points)
    t.equal(await reader.windowPoints(await reader.plan(() => new Set(['v']))), 122_880)
    reader.close()
    t.equal((await textOf(path)).filter((line) => line.includes(`"${text}"`)).length, 20)
  }
})

t.test('people can read it with SQL', async (t) => {
  const path = join(folder, 'sql.duckdb')
  await new RecorderRig()
    .write('cpu,host=a,dc=x v=1,n=1i 1577836800000000001\ncpu,host=b v=-0 1577836800000000002')
    .write('cpu v=2 5', 'other', 'rp')
    .archive(path)
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  const rows = async (sql: string): Promise<unknown> => (await connection.runAndReadAll(sql)).getRowsJson()
  t.strictSame(await rows('SELECT "time", host, dc, v, n FROM cpu ORDER BY "time"'), [
    ['2020-01-01 00:00:00.000000001', 'a', 'x', 1, '1'],
    ['2020-01-01 00:00:00.000000002', 'b', null, -0, null]
  ])
  t.strictSame(await rows('SELECT name, db FROM kapok.tables ORDER BY id'), [
    ['cpu', 'db'],
    ['cpu_rp', 'other']
  ])
  connection.closeSync()
  instance.closeSync()
})

t.test('a recording that was cut off holds what it has, and says so', async (t) => {
  const path = join(folder, 'cut.duckdb')
  const rig = new RecorderRig().write('m v=1 1\nm v=2 2')
  rig.clock.advance(500)
  const writer = await ArchiveWriter.create(path, 'stream', 0n)
  for (const message of rig.sent) if (message.kind === 'records') await writer.write(message.recordBatch)
  await writer.commit()
  const copy = await ArchiveReader.open(path)
  t.match(copy, { ended: undefined, points: 2, type: 'stream' })
  copy.close()
  writer.close()
  t.strictSame(await textOf(path), ['at 1000000000', 'db.rp.m v:float=1 1', 'db.rp.m v:float=2 2'])
})

t.test('what is no recording is refused', async (t) => {
  const path = join(folder, 'none.duckdb')
  await t.rejects(ArchiveReader.open(path), { code: 'RECORDING_UNREADABLE' })
  const instance = await DuckDBInstance.create(path)
  instance.closeSync()
  await t.rejects(ArchiveReader.open(path), { code: 'RECORDING_UNREADABLE' })
})

t.test('a recorder', (t) => {
  t.test('takes the measurements that it is for, up to the first point after its stop', (t) => {
    const rig = new RecorderRig({ measurements: ['m'], stop: new Instant(10, 0) })
    rig.write('m v=1 1\nn v=1 99000000\nm v=1 10000000').write('n v=1 99000000')
    t.equal(rig.endings, 0)
    rig.write('m v=2 5\nm v=1 10000001\nm v=1 6').write('m v=3 3')
    t.equal(rig.endings, 1)
    t.equal(rig.points, 3)
    t.match(rig.sent.at(-1), { kind: 'end' })
    t.equal(rig.recorder.requiredFields('n'), undefined)
    t.end()
  })

  t.test('ends by the clock when nothing comes any more', (t) => {
    const ahead = new RecorderRig({ stop: instantOfMillis(5000) })
    ahead.write('m v=1 1')
    ahead.clock.advance(9000)
    ahead.write('m v=1 2')
    ahead.clock.advance(9000)
    t.equal(ahead.endings, 0, 'late points are awaited')
    ahead.clock.advance(2000)
    t.equal(ahead.endings, 1)
    const past = new RecorderRig({ stop: instantOfMillis(0) })
    past.clock.advance(60_000)
    t.equal(past.endings, 0, 'old data may be on their way')
    past.clock.advance(600_000)
    t.equal(past.endings, 1)
    t.end()
  })

  t.test('lets writers wait while too much is not stored, and gives up where nothing is taken', async (t) => {
    const rig = new RecorderRig()
    const body = `m s="${'x'.repeat(1 << 20)}" 1\n`.repeat(16)
    for (let i = 0; i < 15; i++) rig.write(body)
    t.equal(rig.recorder.pendingFor(), 0)
    t.equal(rig.sent.length, 15, 'long texts go on early')
    for (let i = 0; i < 2; i++) rig.write(body)
    t.ok(rig.recorder.pendingFor() > 0)
    const drained = rig.recorder.whenDrainedFor()
    rig.recorder.onMessage({ kind: 'stored', bytes: 17 << 20, buffers: [] })
    await drained
    t.equal(rig.recorder.pendingFor(), 0)
    rig.recorder.onMessage({ kind: 'refused' })
    rig.recorder.onMessage({ kind: 'refused' })
    t.equal(rig.endings, 1)
    t.equal(rig.write('m v=1 1').sent.filter(({ kind }) => kind !== 'records').length, 0)
  })
  t.end()
})

t.test('int64 in words is what it was', (t) => {
  const words = new Int32Array(2)
  const big = new BigInt64Array(words.buffer)
  const edges = [
    0n,
    1n,
    -1n,
    2n ** 31n,
    -(2n ** 31n),
    2n ** 32n - 1n,
    2n ** 53n,
    -(2n ** 53n),
    2n ** 63n - 1n,
    -(2n ** 63n)
  ]
  for (const edge of edges
    .flatMap((one) => [one - 1n, one, one + 1n])
    .filter((one) => BigInt.asIntN(64, one) === one)) {
    setInt(words, 0, Number.isSafeInteger(Number(edge)) ? Number(edge) : edge)
    t.equal(big[0], edge)
    t.equal(BigInt(intAt(words, 0)), edge)
    setInstant(words, 0, instantOfNanos(edge))
    t.equal(big[0], edge)
    t.equal(nanosOf(instantAt(words, 0)), edge)
  }
  t.end()
})

t.test('wherever a bit of a recording flips, or it is cut, it says so or gives what was recorded', async (t) => {
  const whole = join(folder, 'to-damage.duckdb')
  const rig = new RecorderRig()
  for (let body = 0; body < 20; body++) {
    rig.write(Array.from({ length: 100 }, (_, i) => `m,h=h${i} v=${i},s="text ${i}" ${body * 100 + i}`).join('\n'))
  }
  await rig.archive(whole)
  const bytes = readFileSync(whole)
  const lines = await textOf(whole)
  const random = new Random(3)
  let refused = 0
  for (let run = 0; run < 30; run++) {
    const damaged = Buffer.from(bytes)
    const at = random.int(bytes.length)
    damaged[at]! ^= 1 << random.int(8)
    const path = join(folder, `damaged${run}.duckdb`)
    writeFileSync(path, run % 5 === 4 ? damaged.subarray(0, at) : damaged)
    try {
      t.strictSame(await textOf(path), lines, `at ${at}`)
    } catch (error) {
      t.match((error as Error).message, /^cannot read the recording|corrupt|could not read/i)
      refused++
    }
  }
  t.ok(refused > 10, String(refused))
})

t.test(
  'a recording that is asked for more fields than it may have ends and says so, without those that are too much',
  (t) => {
    const rig = new RecorderRig()
    rig.write('m v=1 1')
    for (let i = 0; i < 2001; i += 200) {
      rig.write(`m ${Array.from({ length: 200 }, (_, j) => `f${i + j}=1`).join()} 2`)
    }
    const last = rig.sent.at(-1)
    t.strictSame(last, { kind: 'cut', reason: 'the recording has more than 2000 fields in one measurement' })
    t.equal(rig.endings, 1)
    rig.write('m v=1 3')
    t.equal(rig.sent.at(-1), last, 'it reads nothing more')
    t.end()
  }
)

t.test('a recording of more measurements than it may have ends and says so', (t) => {
  const rig = new RecorderRig()
  rig.write(Array.from({ length: 5001 }, (_, i) => `m${i} v=1 1`).join('\n'))
  t.strictSame(rig.sent, [{ kind: 'cut', reason: 'the recording has more than 10000 measurements, tags and fields' }])
  t.end()
})
