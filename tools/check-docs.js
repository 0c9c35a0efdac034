// @ts-check
// Documents name things that exist: paths of this repository, and commands of gyre.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const PATH =
  /(?<![\w/.\-$~:@])(?:\.\/)?((?:src|web|bin|tools|docs|examples|bench|compat|deploy|tests|tsconfig|\.ci)\/[\w./{},*<>[\]-]*|[A-Z]{4,}\.md)/g
const LINK = /\]\(([^)\s#]+)(?:#[^)]*)?\)/g
const CODE = /```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g
const COMMAND = /(?:^|[\s;&|(])(?:npx )?(?:gyre|node bin\/gyre\.js) ([a-z][a-z-]*)/gm

/** `.command('why')`, `serverCommand(program, 'why …')` */
const DECLARED = /\b(?:command|\w+Command)\(\s*(?:\w+,\s*)?['"`]([a-z][a-z-]*)/g

const problems = documents().flatMap((file) => problemsIn(file))
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1

function documents() {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'))
  const nested = ['docs', 'src', 'web', 'examples', 'bench', 'compat', 'deploy'].flatMap((folder) =>
    existsSync(join(root, folder)) ? markdownIn(folder) : [],
  )
  return [...top, ...nested]
}

/** @param {string} folder */
function markdownIn(folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => `${folder}/${name}`)
}

/** @param {string} file */
function problemsIn(file) {
  const text = readFileSync(join(root, file), 'utf8')
  const code = [...text.matchAll(CODE)].map((match) => match[1] ?? match[2] ?? '').join('\n')
  return [
    ...missing(file, text.matchAll(LINK), linkTarget),
    ...missing(file, code.matchAll(PATH), (_, path) => path),
    ...unknownCommands(file, code),
  ]
}

/**
 * @param {string} file
 * @param {Iterable<RegExpMatchArray>} matches
 * @param {(file: string, name: string) => string | undefined} target
 */
function missing(file, matches, target) {
  const names = new Set([...matches].map((match) => match[1] ?? ''))
  return [...names]
    .filter((name) => !exists(target(file, name)))
    .map((name) => `${file}: '${name}' does not exist.`)
}

/** @param {string} file @param {string} link */
function linkTarget(file, link) {
  return /^[a-z]+:/.test(link) ? undefined : normalize(join(dirname(file), link))
}

/** @param {string | undefined} path which may hold {a,b}, * or <name> */
function exists(path) {
  if (path === undefined) return true
  return alternatives(path.replace(/[.,]$/, '')).every((each) => {
    const fixed = each.match(/^[^*<[]*/)?.[0] ?? ''
    return existsSync(join(root, fixed === each ? each : dirname(`${fixed}x`)))
  })
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function alternatives(path) {
  const [whole, before = '', choices = '', after = ''] =
    path.match(/^([^{]*)\{([^{}]*)\}(.*)$/) ?? []
  if (whole === undefined) return [path]
  return choices.split(',').flatMap((choice) => alternatives(`${before}${choice.trim()}${after}`))
}

/** @param {string} file @param {string} code */
function unknownCommands(file, code) {
  const known = commands()
  const cited = new Set([...code.matchAll(COMMAND)].map((match) => match[1] ?? ''))
  return [...cited]
    .filter((name) => !known.has(name))
    .map((name) => `${file}: 'gyre ${name}' is no command (src/cli/cmd-*.ts).`)
}

/** What src/cli/cmd-*.ts declare. */
function commands() {
  const folder = join(root, 'src/cli')
  const names = new Set(['help'])
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return names
  for (const file of readdirSync(folder)) {
    if (!/^cmd-[a-z-]+\.ts$/.test(file) || file.includes('.test.')) continue
    const text = readFileSync(join(folder, file), 'utf8')
    for (const [, name = ''] of text.matchAll(DECLARED)) names.add(name)
  }
  return names
}
