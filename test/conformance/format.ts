import { Document, isCollection, isMap, isPair, isScalar, stringify, type Node } from 'yaml'
import { CASE_KEYS, type CaseTask, type ConformanceCase, type Result, type Step } from './case.ts'

const WIDTH = 110
/** Parts that are read item by item, however short they are. */
const LONG_KEYS = new Set(['task', 'tasks', 'steps', 'cleanup', 'expect', 'posts', 'http', 'httpOut'])

/** Text of a case's file. What is short stands in one line, texts of several lines stand as they are. */
export function formatCase({ tasks, steps, ...rest }: ConformanceCase, expect: Result): string {
  const content: Record<string, unknown> = { ...rest, ...formatTasks(tasks), ...formatSteps(steps), expect }
  const present = CASE_KEYS.filter((key) => content[key] !== undefined)
  const document = new Document(Object.fromEntries(present.map((key) => [key, content[key]])), {
    aliasDuplicateObjects: false
  })
  layOut(document.contents as Node, 0)
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function formatTasks(tasks: readonly CaseTask[]): Record<string, unknown> {
  const [task, ...others] = tasks
  if (task === undefined) return {}
  if (others.length > 0) return { tasks }
  return Object.keys(task).length === 1 ? { script: task.script } : { task }
}

function formatSteps(steps: readonly Step[]): Record<string, unknown> {
  const [step, ...others] = steps
  if (step === undefined) return {}
  const isPlain = others.length === 0 && 'write' in step && Object.keys(step).length === 1
  return isPlain ? { input: step.write } : { steps }
}

/** Puts a collection that is short enough, and holds no text of several lines, into one line. */
function layOut(node: Node, column: number, key?: string): void {
  if (!isCollection(node)) return
  const text = stringify(node.toJSON(), { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false })
  const isShort = column + (key ?? '').length + text.trimEnd().length < WIDTH
  const isKeptLong = key === undefined ? isMap(node) && node.items.length === 1 : LONG_KEYS.has(key)
  if (isShort && !isKeptLong && !hasLines(node) && !isListOfCollections(node)) {
    node.flow = true
    return
  }
  for (const item of node.items) {
    if (!isPair(item)) layOut(item as Node, column + 2)
    else if (isScalar(item.key)) layOut(item.value as Node, column + (isMap(node) ? 2 : 0), String(item.key.value))
  }
}

/** Several rows, series or requests stand below each other. */
function isListOfCollections(node: Node): boolean {
  return isCollection(node) && !isMap(node) && node.items.length > 1 && node.items.some((item) => isCollection(item))
}

function hasLines(node: Node): boolean {
  return JSON.stringify(node.toJSON()).includes('\\n')
}
