/**
 * Writes docs/differences.md from the `Differs:` remarks in the code, so that the list cannot be forgotten or go stale:
 * each remark stands where the difference is made, and test/docs.test.ts compares the page with the code.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const root = process.cwd()

const PARTS: readonly (readonly [folder: string, title: string])[] = [
  ['src/api', 'HTTP API'],
  ['src/tasks', 'Tasks and templates'],
  ['src/tick', 'TICKscript: language'],
  ['src/graph', 'TICKscript: what a script means'],
  ['src/lambda', 'Lambda expressions'],
  ['src/nodes', 'Nodes'],
  ['src/lineproto', 'Line protocol'],
  ['src/ingest', 'Write path'],
  ['src/engine', 'Running tasks'],
  ['src/shards', 'Shards'],
  ['src/influxdb', 'InfluxDB'],
  ['src/archive', 'Archives of recordings'],
  ['src/recordings', 'Recordings and replays'],
  ['src/alert', 'Alerts, topics and handlers'],
  ['src/notify', 'Filters and routes'],
  ['src/template', 'Templates'],
  ['src/store', 'Store'],
  ['src/config', 'Configuration'],
  ['src', 'Everything else']
]

function* sourcesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sourcesBelow(path)
    else if (entry.name.endsWith('.ts')) yield relative(root, path)
  }
}

/** The remarks of a file: from `Differs:` to the end of its comment or paragraph. */
export function remarksOf(text: string): string[] {
  const remarks: string[] = []
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const start = /(?:\/\/|\*)\s*(?:.*?[.;] )?Differs: (.*)$/.exec(lines[i]!)
    if (start === null) continue
    const words = [start[1]!]
    while (!/\*\//.test(words.at(-1)!)) {
      const next = /^\s*(?:\/\/|\*(?!\/))\s?(.*)$/.exec(lines[i + 1] ?? '')
      if (next === null || next[1]!.trim() === '' || next[1]!.startsWith('@') || /Differs: /.test(next[1]!)) break
      words.push(next[1]!.trim())
      i++
    }
    remarks.push(
      words
        .join(' ')
        .replace(/\s*\*\/.*$/, '')
        .trim()
    )
  }
  return remarks
}

export function differencesPage(): string {
  const found = new Map<string, { file: string; remark: string }[]>()
  for (const file of sourcesBelow(join(root, 'src'))) {
    const title = PARTS.find(([folder]) => file.startsWith(`${folder}/`))![1]
    const remarks = remarksOf(readFileSync(join(root, file), 'utf8')).map((remark) => ({ file, remark }))
    if (remarks.length > 0) found.set(title, [...(found.get(title) ?? []), ...remarks])
  }
  const parts = PARTS.filter(([, title]) => found.has(title)).map(([, title]) => {
    const rows = found.get(title)!.map(({ file, remark }) => `- ${sentence(remark)} ([${file}](../${file}))`)
    return `## ${title}\n\n${rows.join('\n')}\n`
  })
  return `# Where Kapok differs on purpose\n\nKapok gives Kapacitor's answers, except where the original crashes, hangs, loses data or lets someone in. Every\ndifference is marked \`Differs:\` in the code; this page is made from those marks by \`npm run docs\`.\n\n${parts.join('\n')}`
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(start) ? start : `${start}.`
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(root, 'docs/differences.md'), differencesPage())
