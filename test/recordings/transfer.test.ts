import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import t from 'tap'
import type { RecordOutcome } from '../../src/archive/record-job.ts'
import { ArchiveReader } from '../../src/archive/reader.ts'
import { EXPORT_FORMATS, exportArchive } from '../../src/recordings/transfer/export.ts'
import { importFile } from '../../src/recordings/transfer/import.ts'
import type { ImportSource } from '../../src/recordings/transfer/import-job.ts'
import { RecorderRig, textOf } from './rig.ts'
import { testFolder } from '../support/folder.ts'

const folder = testFolder(t)

async function imported(
  name: string,
  source: Partial<ImportSource>,
  maxBytes = Infinity
): Promise<{ outcome: RecordOutcome; path: string }> {
  const { port1, port2 } = new MessageChannel()
  const outcomes = new MessageChannel()
  const path = join(folder, `${name}.duckdb`)
  const told = new Promise<RecordOutcome>((resolve) => outcomes.port1.once('message', resolve))
  const progress = new BigInt64Array(new SharedArrayBuffer(16))
  const common = {
    file: join(folder, name),
    db: 'db',
    rp: 'rp',
    measurement: '',
    precision: 'n',
    time: 'time'
  } as const
  const whole = { ...common, format: 'csv', tags: undefined, fields: undefined, ...source } as const
  await importFile({
    kind: 'import',
    path,
    startedNs: 0n,
    maxBytes,
    source: whole,
    port: port2,
    outcome: outcomes.port2,
    progress
  })
  port1.close()
  return { outcome: await told, path }
}

/** Points alone: files say neither what came together nor in which order fields were written. */
async function pointsOf(path: string): Promise<string[]> {
  const lines = await textOf(path)
  return lines.flatMap((line) => {
    if (line.startsWith('at ')) return []
    const [, series, fields, time] = /^(.*?) (\S+:(?:float|int|boolean|string)=.*) (-?\d+)$/s.exec(line)!
    return [
      `${series} ${fields!
        .split(/ (?=\S+:(?:float|int|boolean|string)=)/)
        .sort()
        .join(' ')} ${time}`
    ]
  })
}

const CASES: Readonly<Record<string, readonly string[]>> = {
  'all types, to their last bits': [
    'm f=0.1,i=9223372036854775807i,b=true,s="x" 1',
    'm f=-0,i=-9223372036854775808i,b=false,s="" 2',
    'm f=5e-324,i=9007199254740993i 3',
    'm f=123456789012345680 4',
    'm f=1e300 5'
  ],
  'times, over their whole range': ['m v=1 -9223372036854775806', 'm v=1 -1', 'm v=1 0', 'm v=1 9223372036854775806'],
  'a field of many types, and ones of one name but for the case': [
    'm v=1i 1',
    'm v=1 2',
    'm v="1" 3',
    'm v=true 4',
    'm V=2,v=3 5',
    'm v_int=1,V_int=2 6'
  ],
  'texts with all that means something': [
    'm s="a \\"quote\\", a comma and a \\\\" 1',
    'm s="two\nlines" 2',
    'm s="# CONTEXT" 3',
    'm s=" spaces " 4',
    'm s="NULL" 5',
    'm s="日本 🎉" 6',
    'm,h=NULL s="1" 7',
    'm,h=12,g=true s="2020-01-01" 8'
  ],
  'names with all that means something': [
    'm\\ n,a\\ b=c\\,d,e\\=f=g x\\,y=1,z|double=2,time=3,db="4",measurement=5 1',
    'm\\,n,time=1,h|tag=2 h=3 2',
    'm"n" "q"=1 3'
  ]
}

for (const format of EXPORT_FORMATS) {
  for (const [what, lines] of Object.entries(CASES)) {
    t.test(`${format} brings back ${what}`, async (t) => {
      const name = `${format}-${what.slice(0, 9)}`
      const path = join(folder, `${name}.source`)
      const rig = new RecorderRig()
      for (const line of lines) rig.write(line)
      await rig.write(lines[0]!, 'other', 'r p').archive(path)
      await exportArchive({ kind: 'export', archive: path, path: join(folder, name), format, measurement: '' })
      const { outcome, path: copy } = await imported(name, { format })
      t.strictSame(outcome, { points: lines.length + 1, error: '' })
      t.strictSame(await pointsOf(copy), await pointsOf(path))
    })
  }

  t.test(`${format} brings back nothing`, async (t) => {
    const path = join(folder, `${format}.source`)
    await new RecorderRig().archive(path)
    await exportArchive({ kind: 'export', archive: path, path: join(folder, format), format, measurement: '' })
    t.strictSame((await imported(format, { format })).outcome, { points: 0, error: '' })
  })
}

const FOREIGN: Readonly<Record<string, { text: string; source?: Partial<ImportSource>; points: string[] }>> = {
  'with a plain header: texts are tags, numbers are fields': {
    text: 'time,host,v\n2020-01-01T00:00:00.000000001Z,a,1\n2020-01-01 00:00:01,b,2',
    source: { measurement: 'm' },
    points: ['db.rp.m,host=a v:int=1 1577836800000000001', 'db.rp.m,host=b v:int=2 1577836801000000000']
  },
  'with columns that are named, and times as numbers': {
    text: 'at,host,v,w\n1,a,1,x\n2,b,2,y',
    source: { measurement: 'm', time: 'at', precision: 's', tags: ['host'], fields: ['w'] },
    points: ['db.rp.m,host=a w:string="x" 1000000000', 'db.rp.m,host=b w:string="y" 2000000000']
  },
  'with a header of datatypes, as others write it': {
    text: 'm|measurement,at|dateTime:RFC3339,h|tag,v|double,note|ignored\nk,2020-01-01T00:00:00+01:00,a,1,?\n',
    points: ['db.rp.k,h=a v:float=1 1577833200000000000']
  }
}

for (const [what, { text, source, points }] of Object.entries(FOREIGN)) {
  t.test(`CSV of others is read ${what}`, async (t) => {
    const name = `foreign-${what.slice(7, 15)}`
    writeFileSync(join(folder, name), text)
    const { outcome, path } = await imported(name, source ?? {})
    t.equal(outcome.error, '')
    t.strictSame(await pointsOf(path), points)
  })
}

t.test('a row without a time, or with one that cannot be, refuses the file', async (t) => {
  for (const [name, row] of Object.entries({ empty: ',1', far: '3000-01-01T00:00:00Z,1', odd: 'noon,1' })) {
    writeFileSync(join(folder, name), `time|dateTime,v|double\n1970-01-01T00:00:00Z,1\n${row}\n`)
    const { outcome } = await imported(name, { measurement: 'm' })
    t.match(outcome.error, /^row 2 has no time/)
  }
})

t.test(
  'lines, quoted newlines and places that stand across the pieces in which a file is read come in whole',
  async (t) => {
    const lines: string[] = []
    const points: string[] = []
    for (let i = 0; lines.length < 12_000; i++) {
      const place = i % 1000 === 0 ? `d${i % 3}` : undefined
      if (place !== undefined) lines.push(`# CONTEXT-DATABASE: ${place}`, '# CONTEXT-RETENTION-POLICY: r')
      lines.push(`m s="\\\\ ${'é'.repeat(i % 200)}\n# CONTEXT-DATABASE: none\n" ${i}`)
      points.push(`d${(i - (i % 1000)) % 3}`)
    }
    writeFileSync(join(folder, 'pieces'), lines.join('\n'))
    const { outcome, path } = await imported('pieces', { format: 'line-protocol' })
    t.strictSame(outcome, { points: points.length, error: '' })
    const reader = await ArchiveReader.open(path)
    const places = reader.tables.map(({ db, rp }) => `${db}.${rp}`)
    reader.close()
    t.strictSame(places.sort(), ['d0.r', 'd1.r', 'd2.r'])
  }
)

t.test('a line that does not end is refused in the time that it takes to read it', async (t) => {
  writeFileSync(join(folder, 'endless'), `m s="${'x\n'.repeat(20 * 1024 * 1024)}`)
  const { outcome } = await imported('endless', { format: 'line-protocol' })
  t.equal(outcome.error, 'a line is longer than 33554432 bytes')
})

t.test('a file of very many databases is refused', async (t) => {
  const lines = Array.from({ length: 1001 }, (_, i) => `# CONTEXT-DATABASE: d${i}\nm v=1 ${i}\n`)
  writeFileSync(join(folder, 'places'), lines.join(''))
  const { outcome } = await imported('places', { format: 'line-protocol' })
  t.equal(outcome.error, 'the file has points of more than 1000 databases and retention policies')
})

t.test('a file that becomes a recording larger than allowed is refused', async (t) => {
  writeFileSync(join(folder, 'large'), 'm v=1 1\n')
  const { outcome } = await imported('large', { format: 'line-protocol' }, 1000)
  t.equal(outcome.error, 'the recording has more than the 1000 bytes that recordings.max-bytes allows')
})

t.test('a file with more columns than a recording may have is refused, whatever its format', async (t) => {
  const fields = Array.from({ length: 2001 }, (_, i) => `f${i}`)
  const tags = Array.from({ length: 251 }, (_, i) => `t${i}`)
  const files: Readonly<Record<string, [Partial<ImportSource>, string, string]>> = {
    lines: [
      { format: 'line-protocol' },
      `m ${fields.map((name) => `${name}=1`).join()} 1\n`,
      'the recording has more than 2000 fields in one measurement'
    ],
    tags: [
      { format: 'line-protocol' },
      tags.map((name) => `m,${name}=1 v=1 1\n`).join(''),
      'the recording has more than 250 tags in one measurement'
    ],
    csv: [
      { measurement: 'm' },
      `time,${fields.join()}\n2020-01-01T00:00:00Z,${fields.map(() => '1').join()}\n`,
      'the recording has more than 2000 fields in one measurement'
    ]
  }
  for (const [name, [source, text, error]] of Object.entries(files)) {
    writeFileSync(join(folder, `columns-${name}`), text)
    t.strictSame((await imported(`columns-${name}`, source)).outcome, { points: 0, error })
  }
})
