import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Outcome, outcomeOf } from '../../template/data.ts'
import { caseOf, type Trial } from '../trial.ts'
import type { Oracle } from './index.ts'

const PROPERTIES = /\.(id|message|details)\('((?:[^'\\]|\\.)*)'\)/gs

/** Go itself renders the templates of the script; ours are rendered in this process, over the same data. */
export function goOracle(): Promise<Oracle | string> {
  const go = askGo()
  if (typeof go === 'string') return Promise.resolve(go)
  return Promise.resolve({
    async judge(trial) {
      for (const { property, template, isHtml } of templatesOf(trial)) {
        const expected = await go.render(template, isHtml)
        const actual = outcomeOf(template, isHtml)
        if (isAlike(expected, actual)) continue
        const where = `${property}: want ${expected.join(' ')}, got ${actual.join(' ')}`
        return { where, case: caseOf(trial), expected, actual }
      }
      return undefined
    },
    close: () => Promise.resolve(go.end())
  })
}

interface Go {
  render(template: string, isHtml: boolean): Promise<Outcome>
  end(): void
}

/** A program of Go that renders; a text where there is no Go: why. */
export function askGo(): Go | string {
  const folder = mkdtempSync(join(tmpdir(), 'kapok-fuzz-go-'))
  const program = join(folder, 'templates')
  const built = spawnSync('go', ['build', '-o', program, join(import.meta.dirname, 'templates.go')])
  if (built.status !== 0) return `no Go: ${built.error?.message ?? built.stderr.toString()}`
  const lines = new Lines(spawn(program))
  return {
    render: async (template, isHtml) =>
      JSON.parse(await lines.ask(JSON.stringify({ html: isHtml, template }))) as Outcome,
    end() {
      lines.end()
      rmSync(folder, { recursive: true })
    }
  }
}

/** Those that the script of a trial has. */
export function templatesOf({ script }: Trial): { property: string; template: string; isHtml: boolean }[] {
  return [...script.join('').matchAll(PROPERTIES)].map(([, property, quoted]) => ({
    property: property!,
    template: quoted!.replaceAll("\\'", "'"),
    isHtml: property === 'details'
  }))
}

/** The words of errors are those of a version of Go; whether there is one is not. */
function isAlike([kind, text]: Outcome, [ourKind, ourText]: Outcome): boolean {
  return kind === ourKind && (kind === 'err' || text === ourText)
}

/** A program that answers each line with a line. */
class Lines {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: ((line: string) => void)[] = []

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    createInterface(child.stdout).on('line', (line) => this.#waiting.shift()!(line))
  }

  ask(line: string): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#child.stdin.write(`${line}\n`)
    })
  }

  end(): void {
    this.#child.kill()
  }
}
