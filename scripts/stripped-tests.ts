/**
 * Makes what `npm test` runs, below `.stripped`: every TypeScript file as JavaScript, where types have become blanks
 * and imports of `.ts` name `.js`, so that each position is that of the source. Node reads it as it is, in every process
 * and thread, which saves each of them the hooks that strip types while it loads (a second a test file). Other files
 * are links to the originals.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { blankSourceFile } from 'ts-blank-space'
import ts from 'typescript'

/** Where it is, below the root. */
export const STRIPPED = '.stripped'
const CODE = ['src', 'workers', 'test', 'scripts']
/** What tests read by a path from their own file. */
const LINKED = ['config', 'docs', 'README.md', 'package.json']

/** Writes what has changed since it did so last, and removes what has no source any more. */
export function writeStrippedTests(): void {
  const kept = new Set<string>()
  for (const folder of CODE) writeFolder(folder, kept)
  for (const path of LINKED) link(path, kept)
  removeOthers(STRIPPED, kept)
}

/** Links are not followed: what is behind them are the originals. */
function removeOthers(folder: string, kept: ReadonlySet<string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (!kept.has(path)) rmSync(path, { recursive: true })
    else if (entry.isDirectory()) removeOthers(path, kept)
  }
}

function writeFolder(folder: string, kept: Set<string>): void {
  mkdirSync(join(STRIPPED, folder), { recursive: true })
  kept.add(join(STRIPPED, folder))
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && holdsCode(path)) writeFolder(path, kept)
    else if (path.endsWith('.ts')) writeFile(path, kept)
    else link(path, kept)
  }
}

function holdsCode(folder: string): boolean {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.ts'))
}

function writeFile(path: string, kept: Set<string>): void {
  const target = join(STRIPPED, `${path.slice(0, -'.ts'.length)}.js`)
  kept.add(target)
  const madeMs = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const isFresh = [path, import.meta.filename].every((source) => statSync(source).mtimeMs < madeMs)
  if (!isFresh) writeFileSync(target, strip(path, readFileSync(path, 'utf8')))
}

function link(path: string, kept: Set<string>): void {
  const target = join(STRIPPED, path)
  kept.add(target)
  if (statSync(target, { throwIfNoEntry: false }) !== undefined) return
  rmSync(target, { force: true }) // A link whose original is gone.
  symlinkSync(relative(resolve(dirname(target)), resolve(path)), target)
}

/** @returns JavaScript of the same length and with the same lines. */
function strip(path: string, text: string): string {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS)
  let stripped = blankSourceFile(file)
  for (const { end } of pathsOfCode(file)) stripped = `${stripped.slice(0, end - 3)}j${stripped.slice(end - 2)}`
  return stripped
}

/** The texts by which a file names other files of code: of its imports, and of `new URL(…, import.meta.url)`. */
function pathsOfCode(file: ts.SourceFile): ts.StringLiteral[] {
  const found: ts.StringLiteral[] = []
  const take = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteral(node) && node.text.endsWith('.ts')) found.push(node)
  }
  const visit = (node: ts.Node): void => {
    if (isTypeOnly(node)) return
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) take(node.moduleSpecifier)
    else if (isDynamicImport(node)) take(node.arguments[0])
    else if (isUrlFromHere(node)) take(node.arguments![0])
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** Such an import has become blanks. */
function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return node.importClause?.isTypeOnly === true
  return ts.isExportDeclaration(node) ? node.isTypeOnly : ts.isTypeNode(node)
}

function isDynamicImport(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
}

function isUrlFromHere(node: ts.Node): node is ts.NewExpression {
  return (
    ts.isNewExpression(node) &&
    node.expression.getText() === 'URL' &&
    node.arguments?.[1]?.getText() === 'import.meta.url'
  )
}
