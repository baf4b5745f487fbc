import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'

/** What every file imports, by its path: types, `import()` and the entries of threads (`new URL`) included. */
export type Imports = ReadonlyMap<string, readonly string[]>

/** Imports of the TypeScript files below a folder, as paths from there. Packages are left out. */
export function importsBelow(folder: string): Imports {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  return new Map(files.sort().map((file) => [file, importsOf(folder, file)]))
}

function importsOf(folder: string, file: string): string[] {
  const text = readFileSync(join(folder, file), 'utf8')
  const named = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
  const urls = [...text.matchAll(/new URL\(\s*['"`](\.[^'"`$]+)/g)].map(([, path]) => path!)
  const paths = [...named, ...urls].filter((path) => path.startsWith('.'))
  return paths.map((path) => relative(folder, resolve(folder, dirname(file), path)))
}

/** The folder directly below the root that a file lies in; a file beside them is a room of its own. */
export function roomOf(file: string): string {
  return file.split('/')[0]!
}

/** Files that reach each other, each circle by the imports that make it. */
export function circlesOfFiles(imports: Imports): string[][] {
  return circles(imports).map((circle) =>
    [...circle].flatMap((from) =>
      imports
        .get(from)!
        .filter((to) => circle.has(to))
        .map((to) => `${from} -> ${to}`)
    )
  )
}

/** Rooms that reach each other, each circle by the imports that make it. */
export function circlesOfRooms(imports: Imports): string[][] {
  const rooms = new Map<string, string[]>()
  for (const [from, targets] of imports) {
    const room = roomOf(from)
    const others = targets.map(roomOf).filter((other) => other !== room)
    rooms.set(room, [...(rooms.get(room) ?? []), ...others])
  }
  return circles(rooms).map((circle) => {
    const isInside = (from: string, to: string) =>
      roomOf(from) !== roomOf(to) && circle.has(roomOf(from)) && circle.has(roomOf(to))
    return [...imports].flatMap(([from, targets]) =>
      targets.filter((to) => isInside(from, to)).map((to) => `${from} -> ${to}`)
    )
  })
}

/** Nodes that reach each other, and those that reach themselves (Tarjan's strongly connected components). */
function circles(graph: ReadonlyMap<string, readonly string[]>): Set<string>[] {
  const found: Set<string>[] = []
  const index = new Map<string, number>()
  const lowest = new Map<string, number>()
  const path: string[] = []
  const visit = (node: string): number => {
    const own = index.size
    index.set(node, own)
    lowest.set(node, own)
    path.push(node)
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue
      const reached = index.has(next) ? (path.includes(next) ? index.get(next)! : own) : visit(next)
      lowest.set(node, Math.min(lowest.get(node)!, reached))
    }
    const low = lowest.get(node)!
    if (low === own) {
      const part = path.splice(path.indexOf(node))
      if (part.length > 1 || graph.get(node)!.includes(node)) found.push(new Set(part))
    }
    return low
  }
  for (const node of graph.keys()) if (!index.has(node)) visit(node)
  return found
}
