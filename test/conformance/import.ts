import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CaseTask, ConformanceCase, HttpStep, Request, Result, SleepStep, WriteStep } from './case.ts'
import { formatCase } from './format.ts'

// Takes over cases from the form in which a case is a folder: `case.json`, `expected.json`, and the files that
// `case.json` names. `node --import tsx test/conformance/import.ts FOLDER ...` writes `cases/AREA/NAME.yaml` for every
// case in the folders, AREA being the folder above the case's own.

interface FolderSpec extends Omit<ConformanceCase, 'tasks' | 'steps' | 'cleanup'> {
  readonly task?: FolderTask
  readonly tasks?: readonly FolderTask[]
  readonly steps?: readonly (WriteStep | SleepStep | { readonly http: FolderRequest })[]
  readonly cleanup?: readonly FolderRequest[]
}

/** Its script is in a file, `task.tick` where none is named. */
type FolderTask = Omit<CaseTask, 'script'> & { readonly script?: string; readonly file?: string }

type FolderRequest = Request & { readonly bodyFile?: string }

const DEFAULT_INPUT = 'input.lp'

export interface FolderCase {
  readonly case: ConformanceCase
  readonly expect: Result
}

/** Folders of cases in a folder, at any depth; a case's own folder stands for itself. */
export function foldersOfCases(path: string): string[] {
  if (existsSync(join(path, 'case.json'))) return [path]
  const folders = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => foldersOfCases(join(path, name)))
}

export function readFolder(folder: string): FolderCase {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const { task, tasks, steps, cleanup, ...rest } = JSON.parse(read('case.json')) as FolderSpec
  const requestFrom = ({ bodyFile, ...request }: FolderRequest): Request =>
    bodyFile === undefined ? request : { ...request, body: read(bodyFile) }
  const stepFrom = (step: NonNullable<FolderSpec['steps']>[number]): WriteStep | SleepStep | HttpStep => {
    if ('write' in step) return { ...step, write: read(step.write) }
    return 'http' in step ? { http: requestFrom(step.http) } : step
  }
  const taskFrom = ({ file = 'task.tick', script, type, ...given }: FolderTask): CaseTask => ({
    ...(type !== undefined && type !== 'stream' && { type }),
    ...given,
    script: script ?? read(file)
  })
  const defaultSteps = existsSync(join(folder, DEFAULT_INPUT)) ? [{ write: DEFAULT_INPUT }] : []
  return {
    case: {
      ...rest,
      tasks: (tasks ?? (task === undefined ? [] : [task])).map(taskFrom),
      steps: (steps ?? defaultSteps).map(stepFrom),
      ...(cleanup !== undefined && { cleanup: cleanup.map(requestFrom) })
    },
    expect: JSON.parse(read('expected.json')) as Result
  }
}

function importCases(paths: readonly string[]): void {
  for (const folder of paths.flatMap((path) => foldersOfCases(resolve(path)))) {
    const area = join(import.meta.dirname, 'cases', basename(dirname(folder)))
    const { case: content, expect } = readFolder(folder)
    mkdirSync(area, { recursive: true })
    writeFileSync(join(area, `${basename(folder)}.yaml`), formatCase(content, expect))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) importCases(process.argv.slice(2))
