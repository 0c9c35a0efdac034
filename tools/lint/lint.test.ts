import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
const house = mkdtempSync(join(tmpdir(), 'gyre-lint-'))
after(() => rmSync(house, { recursive: true }))

/** The table of ARCHITECTURE.md, written a second time on purpose: layers → what they may import. */
const MAY: Record<string, string[]> = {
  kernel: [],
  science: ['kernel'],
  ports: ['kernel'],
  domains: ['kernel', 'science', 'ports', 'domains'],
  adapters: ['kernel', 'science', 'ports'],
  protocols: ['kernel', 'domains'],
  workers: ['kernel', 'ports', 'domains'],
  client: ['kernel', 'wire'],
  app: [
    'kernel',
    'science',
    'ports',
    'domains',
    'adapters',
    'protocols',
    'wire',
    'workers',
    'client',
    'cli',
  ],
  cli: ['kernel', 'client', 'app'],
  web: ['client'],
  bin: [],
  tools: [],
  wire: ['kernel'],
}
const ROOMS =
  'access journal data features runs models pipelines deployments monitors alerts'.split(' ')
const NODE_ALLOWED = ['adapters', 'protocols', 'workers', 'app', 'cli', 'bin', 'tools']

/** Where a file of the layer lies, and how others would import one. */
const FILE: Record<string, string> = {
  domains: 'src/domains/runs/from.ts',
  adapters: 'src/adapters/sql/from.ts',
  protocols: 'src/protocols/mlflow/from.ts',
  wire: 'src/protocols/api/wire.ts',
  web: 'web/src/from.tsx',
  bin: 'bin/from.js',
  tools: 'tools/from.js',
}
const SPECIFIER: Record<string, string> = {
  domains: '#domains/data/index',
  adapters: '#adapters/duckdb/from',
  protocols: '#protocols/dvc/routes',
  wire: '#protocols/api/wire',
}

const fileOf = (layer: string): string => FILE[layer] ?? `src/${layer}/from.ts`
const specifierOf = (layer: string): string => SPECIFIER[layer] ?? `#${layer}/x`

function plant(path: string, text: string): void {
  mkdirSync(join(house, dirname(path)), { recursive: true })
  writeFileSync(join(house, path), text)
}

interface Problem {
  code: string
  filename: string
  message: string
  labels: { span: { line: number } }[]
}

/** Runs oxlint with the house's rules on a folder of the planted house. */
function lint(folder: string): string[] {
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['-f', 'json', folder], {
    cwd: house,
    encoding: 'utf8',
  })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Problem[] }
  return diagnostics.map(
    ({ code, filename, labels }) => `${code} ${filename}:${labels[0]?.span.line ?? 0}`,
  )
}

/** Plants files of one import per line and says which lines were refused. */
function refusedLines(files: Map<string, string[]>): string[] {
  for (const [path, lines] of files) plant(path, `${lines.join('\n')}\n`)
  const problems = new Set(lint('.'))
  return [...files].flatMap(([path, lines]) =>
    lines
      .filter((_, at) => problems.has(`gyre(layers) ${path}:${at + 1}`))
      .map((line) => `${path}: ${line}`),
  )
}

function clear(): void {
  for (const folder of ['src', 'web', 'bin', 'tools', 'extra']) {
    rmSync(join(house, folder), { recursive: true, force: true })
  }
}

writeFileSync(
  join(house, '.oxlintrc.json'),
  JSON.stringify({
    jsPlugins: [join(root, 'tools/lint/gyre.js')],
    categories: { correctness: 'off' },
    rules: Object.fromEntries(
      [
        'layers',
        'names',
        'no-default-export',
        'no-module-state',
        'no-select-star',
        'verb-guards',
      ].map((rule) => [`gyre/${rule}`, 'error']),
    ),
  }),
)

describe('gyre/layers', () => {
  it('refuses exactly the imports between layers that the table does not allow', () => {
    clear()
    const layers = Object.keys(MAY)
    const targets = layers.filter((each) => !['web', 'bin', 'tools'].includes(each))
    const files = new Map<string, string[]>()
    const expected: string[] = []
    for (const from of layers) {
      const lines = targets.map((to) => `import '${specifierOf(to)}'`)
      files.set(fileOf(from), lines)
      for (const to of targets) {
        if (!MAY[from]?.includes(to)) expected.push(`${fileOf(from)}: import '${specifierOf(to)}'`)
      }
    }
    assert.deepEqual(refusedLines(files).toSorted(), expected.toSorted())
    assert.ok(expected.length > 100)
  })

  it('lets a room import the ground floor and earlier rooms, through their index only', () => {
    clear()
    const files = new Map<string, string[]>()
    const expected: string[] = []
    for (const [at, from] of ROOMS.entries()) {
      const path = `src/domains/${from}/from.ts`
      files.set(
        path,
        ROOMS.flatMap((to) => [`import '#domains/${to}/index'`, `import '#domains/${to}/store'`]),
      )
      for (const [position, to] of ROOMS.entries()) {
        const allowed = to !== from && (position < 2 || position < at)
        if (!allowed) expected.push(`${path}: import '#domains/${to}/index'`)
        expected.push(`${path}: import '#domains/${to}/store'`)
      }
    }
    assert.deepEqual(refusedLines(files).toSorted(), expected.toSorted())
  })

  it('keeps Node, packages and foreign folders out where they do not belong', () => {
    clear()
    const lines = ["import 'node:fs'", "import 'fs'", "import 'left-pad'"]
    const files = new Map(Object.keys(MAY).map((layer) => [fileOf(layer), lines]))
    const refused = refusedLines(files)
    for (const layer of Object.keys(MAY)) {
      const node = refused.filter((each) => each === `${fileOf(layer)}: import 'node:fs'`)
      assert.equal(node.length, NODE_ALLOWED.includes(layer) ? 0 : 1, `node:fs in ${layer}`)
      const bare = refused.filter((each) => each === `${fileOf(layer)}: import 'fs'`)
      assert.equal(bare.length, NODE_ALLOWED.includes(layer) ? 0 : 1, `fs in ${layer}`)
      const pad = refused.filter((each) => each === `${fileOf(layer)}: import 'left-pad'`)
      const free = ['adapters', 'app', 'web', 'tools'].includes(layer)
      assert.equal(pad.length, free ? 0 : 1, `left-pad in ${layer}`)
    }
  })

  it('reads every way to import, and tells types from values', () => {
    clear()
    const refused = refusedLines(
      new Map([
        [
          'src/domains/data/verb.ts',
          [
            "export { a } from '#adapters/fs/a'",
            "export * from '#adapters/fs/b'",
            "export const c = () => import('#adapters/fs/c')",
            "export type D = import('#adapters/fs/d').D",
            "export const e = () => import.meta.resolve('#adapters/fs/e')",
            'export const f = (name: string) => import(name)',
            "import '../runs/store.ts'",
            "import '../../adapters/fs/g.ts'",
            "import './verb.test.ts'",
            "import '#ports/blobs/blobs.contract'",
            "import '#kernel/errors.ts'",
          ],
        ],
        [
          'src/adapters/sql/a.ts',
          ["import { a } from '#domains/runs/store'", "import '../fs/b.ts'"],
        ],
        [
          'src/ports/tables/tables.ts',
          ["import { sql } from 'kysely'", "import '#ports/lease/lease'"],
        ],
      ]),
    )
    assert.equal(refused.length, 15, refused.join('\n'))
  })

  it('lets pass what is allowed', () => {
    clear()
    const refused = refusedLines(
      new Map([
        [
          'src/domains/data/verb.ts',
          ["import './store.ts'", "import 'kysely'", "import '#kernel/errors'"],
        ],
        ['src/domains/data/verb.test.ts', ["import '#adapters/sql/sqlite'", "import 'node:fs'"]],
        ['src/ports/tables/tables.contract.ts', ["import 'node:assert/strict'"]],
        [
          'src/adapters/sql/sqlite/open.ts',
          ["import type { A } from '#domains/runs/store'", "import '../a.ts'"],
        ],
        ['src/ports/tables/tables.ts', ["import type { Kysely } from 'kysely'"]],
        ['src/science/trees/grow.ts', ["import '../random.ts'", "import '#kernel/errors'"]],
      ]),
    )
    assert.deepEqual(refused, [])
  })

  it('refuses a file that no rule covers', () => {
    clear()
    for (const path of [
      'src/stray.ts',
      'src/elsewhere/a.ts',
      'src/domains/a.ts',
      'src/domains/guests/a.ts',
      'extra/a.ts',
    ]) {
      plant(path, 'export const a = 1\n')
    }
    assert.equal(lint('.').filter((each) => each.startsWith('gyre(layers)')).length, 5)
  })
})

describe('the other rules', () => {
  const room = 'src/domains/runs/verb.ts'
  const cases: [rule: string, path: string, bad: string, good: string][] = [
    ['names', 'src/kernel/string-utils.ts', '', ''],
    ['names', 'src/kernel/types.ts', '', ''],
    ['names', 'src/app/common/a.ts', '', ''],
    ['names', 'src/kernel/CamelCase.ts', '', ''],
    ['no-default-export', room, 'export default 1', 'export const one = 1'],
    ['no-default-export', room, 'const a = 1\nexport { a as default }', 'export const one = 1'],
    ['no-module-state', room, 'let a = 1\na++', 'export const a = () => { let b = 1; return b++ }'],
    ['no-module-state', room, 'export const a = new Map()', 'export const a = new Map([[1, 2]])'],
    ['no-select-star', room, 'db.selectAll("a")', 'db.select("id")'],
    ['no-select-star', room, 'sql`select * from runs`', 'sql`select count(*) from runs`'],
    [
      'no-select-star',
      room,
      'sql<Row>`SELECT r.* from runs r`',
      'sql`with a as (select id from runs) select *, 1 as one from a`; frames.query(`select * from ${file}`)',
    ],
    [
      'verb-guards',
      room,
      'export async function start(ctx) { await commit(ctx, f) }',
      'export async function start(ctx) { await authorize(ctx); await commit(ctx, f) }',
    ],
    [
      'verb-guards',
      room,
      'export async function start(ctx) { if (ctx.a) await authorize(ctx); await commit(ctx, f) }',
      'export async function start(ctx) { const p = await authorizeProject(ctx); await commit(ctx, p) }',
    ],
    [
      'verb-guards',
      room,
      'export const start = async (ctx) => { await commit(ctx, f); await authorize(ctx) }',
      'async function start(ctx) { await commit(ctx, f) }',
    ],
  ]
  const problems = new Map<string, string[]>()
  const numbered = (path: string, at: number): string => path.replace('verb.ts', `verb-${at}.ts`)
  before(() => {
    clear()
    for (const [at, [, path, bad, good]] of cases.entries()) {
      plant(numbered(path, at), `${bad}\n`)
      plant(`src/domains/data/verb-${at}.ts`, `${good}\n`)
    }
    for (const problem of lint('src')) {
      const [rule = '', place = ''] = problem.split(' ')
      const path = place.replace(/:\d+$/, '')
      problems.set(path, [...(problems.get(path) ?? []), rule])
    }
  })
  for (const [at, [rule, path, bad]] of cases.entries()) {
    it(`gyre/${rule} refuses ${bad === '' ? path : bad.replaceAll('\n', '; ')}`, () => {
      assert.deepEqual(problems.get(numbered(path, at)), [`gyre(${rule})`])
      assert.equal(problems.get(`src/domains/data/verb-${at}.ts`), undefined)
    })
  }
})

describe('the compiler', () => {
  it("refuses Node's modules and other layers in a room", () => {
    clear()
    cpSync(join(root, 'tsconfig'), join(house, 'tsconfig'), { recursive: true })
    cpSync(join(root, 'package.json'), join(house, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'))
    for (const layer of ['kernel', 'science', 'ports'])
      plant(`src/${layer}/x.ts`, 'export const x = 1\n')
    plant('src/adapters/fs/x.ts', 'export const x = 1\n')
    plant(
      'src/domains/data/verb.ts',
      "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n",
    )
    assert.match(compile('domains'), /verb\.ts\(1,30\): error TS2591: Cannot find name 'node:fs'/)
    plant('src/domains/data/verb.ts', "import { x } from '#adapters/fs/x'\nexport const y = x\n")
    assert.match(compile('domains'), /error TS6307: .*adapters\/fs\/x\.ts' is not listed/)
    plant('src/domains/data/verb.ts', "import { x } from '#ports/x'\nexport const y: number = x\n")
    assert.equal(compile('domains'), '')
  })

  it("sees none of Node's types below the adapters, not even through a package", () => {
    for (const layer of ['kernel', 'science', 'ports', 'domains']) {
      const files = execFileSync(
        tsc,
        ['-p', join(root, `tsconfig/${layer}.json`), '--listFilesOnly'],
        { encoding: 'utf8' },
      )
      assert.deepEqual(
        files.split('\n').filter((file) => file.includes('@types/node/index.d.ts')),
        [],
        layer,
      )
    }
  })
})

const tsc = join(root, 'node_modules/.bin/tsc')

function compile(layer: string): string {
  return spawnSync(tsc, ['-b', join(house, `tsconfig/${layer}.json`)], { encoding: 'utf8' }).stdout
}
