import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** One thing in a tree. */
type Entry =
  | { kind: 'file'; content: Buffer; executable: boolean }
  | { kind: 'directory' }
  | { kind: 'link'; to: string }

export type Tree = Map<string, Entry>

const names = [
  'a',
  'B',
  'data.csv',
  'with space',
  'é',
  'ñandú',
  '数据',
  '\u{1F600}',
  '\uffee',
  'e\u0301',
  "quote'",
  '"double"',
  '#hash',
  '[x]',
  'a+b',
  '-dash',
  '.hidden',
  'back\\slash',
  'tab\there',
  'new\nline',
  '%20',
  'Zz',
  '~tilde',
  'x'.repeat(120),
]

/** Numbers that look random and are the same for the same seed. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = (seed * 2654435761 + 1) >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 4294967296) * below)
  }
}

/** A tree below `root`: nested, in all scripts, with empty files and directories, links and CRLF. */
export function generateTree(seed: number, root: string): Tree {
  const random = numbersFrom(seed)
  const tree: Tree = new Map()
  const directories = [root]
  for (let i = random(5); i > 0; i--) {
    const above = directories[random(directories.length)] ?? root
    directories.push(`${above}/${names[random(names.length)] ?? 'd'}`)
  }
  for (const directory of directories) tree.set(directory, { kind: 'directory' })
  for (let i = 1 + random(12); i > 0; i--) {
    const path = `${directories[random(directories.length)] ?? root}/${names[random(names.length)] ?? 'f'}.${random(3)}`
    if (!tree.has(path)) tree.set(path, fileOf(random))
  }
  const [first] = [...tree].find(([, entry]) => entry.kind === 'file') ?? []
  if (first !== undefined && random(4) === 0) {
    tree.set(`${root}/a link`, { kind: 'link', to: first.slice(root.length + 1) })
  }
  if (random(6) === 0) tree.set(`${root}/link to directory`, { kind: 'link', to: '.' })
  return tree
}

function fileOf(random: (below: number) => number): Entry {
  const executable = random(5) === 0
  const shape = random(8)
  if (shape === 0) return { kind: 'file', content: Buffer.alloc(0), executable }
  if (shape === 1) return { kind: 'file', content: Buffer.from('one\r\ntwo\r\n'), executable }
  if (shape === 2) {
    return { kind: 'file', content: Buffer.alloc(1 << 20, random(256)), executable }
  }
  if (shape === 3) {
    return { kind: 'file', content: Buffer.alloc((1 << 20) + random(3_000_000), 7), executable }
  }
  const content = Buffer.alloc(1 + random(500))
  for (let i = 0; i < content.length; i++) content[i] = random(256)
  return { kind: 'file', content, executable }
}

export async function writeTree(directory: string, tree: Tree): Promise<void> {
  for (const [path, entry] of tree) {
    const place = join(directory, path)
    await mkdir(dirname(place), { recursive: true })
    if (entry.kind === 'directory') await mkdir(place, { recursive: true })
    else if (entry.kind === 'link') await symlink(entry.to, place)
    else {
      await writeFile(place, entry.content)
      if (entry.executable) await chmod(place, 0o755)
    }
  }
}

/** What a user may do to a tree: edits, new files, removals, renames. The same for the same seed. */
export function planChanges(seed: number, tree: Tree): ((directory: string) => Promise<void>)[] {
  const random = numbersFrom(seed + 1_000_000)
  const [root = ''] = tree.keys()
  const all = [...tree].filter(([, entry]) => entry.kind === 'file').map(([path]) => path)
  // The first may be what a link leads to, and dvc fails where a link leads nowhere.
  const files = all.slice(1)
  const plan: ((directory: string) => Promise<void>)[] = []
  for (const [index, path] of files.entries()) {
    const what = random(8)
    if (what === 0) plan.push((at) => rm(join(at, path)))
    else if (what === 1) plan.push((at) => replace(join(at, path), `changed ${seed}`))
    else if (what === 2)
      plan.push((at) => rename(join(at, path), join(at, `${root}/moved ${index}`)))
  }
  for (let i = random(3); i > 0; i--) {
    const content = `new ${random(1000)}`
    plan.push(async (at) => {
      await mkdir(join(at, `${root}/new ${i}`), { recursive: true })
      await writeFile(join(at, `${root}/new ${i}/file`), content)
    })
  }
  return plan
}

/** What is linked to the cache is replaced, never written into. */
async function replace(place: string, content: string): Promise<void> {
  await rm(place)
  await writeFile(place, content)
}
