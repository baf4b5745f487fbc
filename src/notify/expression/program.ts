import { type Node, parse, type Program as Syntax } from 'acorn'
import { defineError } from '../../core/errors.ts'
import type { Subject } from '../expression.ts'

/** Syntax of users' programs: one parser for both paths, so that they refuse the same texts in the same words. */
export const InvalidProgram = defineError('PROGRAM_INVALID', 400, (detail: string) => detail)

const ECMA_VERSION = 2020

/** Fails with PROGRAM_INVALID. */
export function parseProgram(source: string, subject: Subject): Syntax {
  const syntax = read(source)
  if (subject === 'edit') return syntax
  const target = findAssignment(syntax, subject)
  // Differs: the original rewrites the alert where `=` was written for `==`.
  if (target === undefined) return syntax
  const hint = (target as Node & { operator?: string }).operator === '=' ? ', did you mean ==?' : ''
  throw InvalidProgram(`(anonymous): ${placeOf(source, target.start)} assignment to ${subject}${hint}`)
}

function read(source: string): Syntax {
  try {
    return parse(source, { ecmaVersion: ECMA_VERSION, sourceType: 'script' })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const { pos = 0 } = error as { pos?: number }
    const message = error.message.replace(/ \(\d+:\d+\)$/, '')
    throw InvalidProgram(`(anonymous): ${placeOf(source, pos)} ${message}`)
  }
}

/** Where `name` or something in it is assigned to. */
function findAssignment(node: Node, name: string): Node | undefined {
  const { type, left, argument } = node as Node & { left?: Node; argument?: Node }
  const target = type === 'AssignmentExpression' ? left : type === 'UpdateExpression' ? argument : undefined
  if (target !== undefined && rootOf(target) === name) return node
  for (const child of childrenOf(node)) {
    const found = findAssignment(child, name)
    if (found !== undefined) return found
  }
  return undefined
}

function rootOf(node: Node): string | undefined {
  if (node.type === 'MemberExpression') return rootOf((node as Node & { object: Node }).object)
  return node.type === 'Identifier' ? (node as Node & { name: string }).name : undefined
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

function placeOf(source: string, offset: number): string {
  const before = source.slice(0, offset).split('\n')
  return `Line ${before.length}:${before.at(-1)!.length + 1}`
}
