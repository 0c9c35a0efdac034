import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type IgnorePattern, parseIgnorePattern } from './ignore-pattern.ts'

interface RulesOfDirectory {
  /** From the root, with `/` behind; '' is the root. */
  prefix: string
  /** The last one first: that is the order in which they decide. */
  patterns: IgnorePattern[]
}

type ReadIgnoreFile = (path: string) => string | undefined

const always = ['.hg/', '.git/', '.git', '.dvc/']

/**
 * What `.dvcignore` files keep out of DVC's sight. Paths are from the repository's root. The files of
 * a directory and of all above it count; among their patterns the last one that matches decides, and
 * nothing below an ignored directory can come back.
 */
export class IgnoreRules {
  readonly #root: string
  readonly #readText: ReadIgnoreFile
  /** The nearest first. */
  readonly #byDirectory = new Map<string, readonly RulesOfDirectory[]>()

  /** `read` gives the text of a file, by its path from the root; undefined: it is not there. */
  constructor(root: string, read: ReadIgnoreFile = readBelow(root)) {
    this.#root = root
    this.#readText = read
  }

  /** Whether an entry of a directory that is not ignored itself is kept out. */
  ignoresEntry(directory: string, name: string, isDirectory: boolean): boolean {
    const path = directory === '' ? name : `${directory}/${name}`
    if (isDirectory && existsSync(join(this.#root, path, '.dvc'))) return true
    return this.#matches(this.#rulesAt(directory), path, isDirectory)
  }

  /** Whether a path, or a directory above it, is kept out. */
  ignores(path: string, isDirectory: boolean): boolean {
    const parts = path.split('/')
    return parts.some((name, depth) => {
      const isLast = depth === parts.length - 1
      return this.ignoresEntry(parts.slice(0, depth).join('/'), name, isLast ? isDirectory : true)
    })
  }

  #rulesAt(directory: string): readonly RulesOfDirectory[] {
    const known = this.#byDirectory.get(directory)
    if (known !== undefined) return known
    const slash = directory.lastIndexOf('/')
    const above =
      directory === ''
        ? [{ prefix: '', patterns: patternsOf(always.join('\n')) }]
        : this.#rulesAt(slash < 0 ? '' : directory.slice(0, slash))
    const own = this.#read(directory, above)
    const rules = own === undefined ? above : [own, ...above]
    this.#byDirectory.set(directory, rules)
    return rules
  }

  #read(directory: string, above: readonly RulesOfDirectory[]): RulesOfDirectory | undefined {
    const file = directory === '' ? '.dvcignore' : `${directory}/.dvcignore`
    const text = this.#readText(file)
    if (text === undefined) return undefined
    if (this.#matches(above, file, false)) return undefined
    const patterns = patternsOf(text)
    if (patterns.length === 0) return undefined
    return { prefix: directory === '' ? '' : `${directory}/`, patterns }
  }

  #matches(rules: readonly RulesOfDirectory[], path: string, isDirectory: boolean): boolean {
    for (const { prefix, patterns } of rules) {
      if (!path.startsWith(prefix)) continue
      const inside = path.slice(prefix.length)
      for (const { expression, ignores, directoriesOnly } of patterns) {
        if (directoriesOnly && !isDirectory) continue
        if (expression.test(inside) || (isDirectory && expression.test(`${inside}/`))) {
          return ignores
        }
      }
    }
    return false
  }
}

function patternsOf(text: string): IgnorePattern[] {
  return text
    .split('\n')
    .flatMap((line) => parseIgnorePattern(line.trim()) ?? [])
    .reverse()
}

function readBelow(root: string): ReadIgnoreFile {
  return (path) => {
    try {
      return readFileSync(join(root, path), 'utf8')
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
      throw thrown
    }
  }
}
