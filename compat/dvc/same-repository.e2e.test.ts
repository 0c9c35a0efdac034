import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dvcPrograms } from './dvc-repository.ts'
import { generateTree, planChanges, writeTree } from './generated-tree.ts'
import { gyreAdd, gyreCheckout, gyreStatus } from './gyre-data.ts'
import { type RealDvc, startDvc } from './real-dvc.ts'

const trees = Number(process.env['GYRE_TEST_DVC_TREES'] ?? 320)
/** What a call of dvc costs hardly depends on how many outputs it is for. */
const treesPerRepository = 16
/** As many repositories as there are kinds of links. */
const treesPerTest = 64

const python = dvcPrograms === undefined ? undefined : join(dvcPrograms, 'python')
const scratch = await mkdtemp(join(tmpdir(), 'gyre-dvc-'))
after(() => rm(scratch, { recursive: true, force: true }))
const skip = python === undefined ? 'no Python with dvc' : false

async function newRepository(dvc: RealDvc, name: string): Promise<string> {
  const directory = join(scratch, name)
  await mkdir(directory)
  execFileSync('git', ['init', '--quiet'], { cwd: directory })
  await dvc.perform({ operation: 'init', directory })
  return directory
}

/** Everything that dvc and Git see of a repository: texts, and the cache with its modes. */
function outcome(directory: string): Record<string, string> {
  const seen: Record<string, string> = {}
  for (const name of readdirSync(directory)) {
    const isText = (name.endsWith('.dvc') && name !== '.dvc') || name === '.gitignore'
    if (isText) seen[name] = readFileSync(join(directory, name), 'utf8')
  }
  const cache = join(directory, '.dvc', 'cache', 'files', 'md5')
  for (const path of readdirSync(cache, { recursive: true, encoding: 'utf8' }).sort()) {
    const info = lstatSync(join(cache, path))
    if (!info.isFile()) continue
    const content = path.endsWith('.dir') ? readFileSync(join(cache, path), 'utf8') : info.size
    seen[path] = `${(info.mode & 0o777).toString(8)} ${content}`
  }
  return seen
}

/** Every file of the work tree's data: where and what, and which are links. */
function dataOf(directory: string): Record<string, string> {
  const seen: Record<string, string> = {}
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(directory, path), { withFileTypes: true })) {
      const inside = `${path}/${entry.name}`
      if (entry.isDirectory()) walk(inside)
      else seen[inside] = describeFile(directory, inside)
    }
  }
  for (const name of readdirSync(directory)) if (/^(data|out)\d+$/.test(name)) walk(name)
  return seen
}

function describeFile(directory: string, path: string): string {
  const place = join(directory, path)
  const info = lstatSync(place)
  if (info.isSymbolicLink()) return `link ${readlinkSync(place).replace(directory, '.')}`
  const content = createHash('md5').update(readFileSync(place)).digest('hex')
  // Whether it is a hard link says which of the two added it: dvc leaves some copies as they are.
  return `${(info.mode & 0o111) === 0 ? 'plain' : 'executable'} ${content}`
}

const linkTypes = [undefined, 'copy', 'hardlink,copy', 'symlink,copy'] as const
const ignored = ['', '*.1\n!data.csv.1\n', '/data?/**/*.2\n# a comment\nñandú/\n'] as const

for (let first = 1; first <= trees; first += treesPerTest) {
  const last = Math.min(trees, first + treesPerTest - 1)
  const name = `generated trees ${first} to ${last}: the same bytes from dvc and from gyre, in every order`
  test(name, { skip }, async () => {
    const dvc = startDvc(python ?? '', scratch)
    try {
      for (let seed = first; seed <= last; seed += treesPerRepository) {
        const count = Math.min(treesPerRepository, last - seed + 1)
        await compareTrees(
          dvc,
          Array.from({ length: count }, (_, i) => seed + i),
        )
      }
    } finally {
      await dvc.close()
    }
  })
}

test('outputs of a pipeline, of DVC 3 and of DVC 2, are the same to both', { skip }, async () => {
  const dvc = startDvc(python ?? '', scratch)
  try {
    const seeds = Array.from({ length: 12 }, (_, i) => 1001 + i).filter((seed) => !hasText(seed))
    const directories = [
      await newRepository(dvc, 'stages-ours'),
      await newRepository(dvc, 'stages-theirs'),
    ]
    const [ours = '', theirs = ''] = directories
    const stages = seeds.map(
      (seed) => `  s${seed}:\n    cmd: 'true'\n    outs:\n    - out${seed}\n`,
    )
    for (const directory of directories) {
      for (const seed of seeds) await writeTree(directory, generateTree(seed, `out${seed}`))
      await writeFile(join(directory, 'dvc.yaml'), `stages:\n${stages.join('')}`)
      await dvc.perform({ operation: 'commit', directory })
      await makeOlder(
        directory,
        seeds.filter((seed) => seed % 2 === 0),
      )
    }
    await bothClean(dvc, directories, 'after the stages were recorded')
    const before = dataOf(ours)
    for (const directory of directories) {
      for (const seed of seeds) await rm(join(directory, `out${seed}`), { recursive: true })
    }
    await gyreCheckout(ours)
    await dvc.perform({ operation: 'checkout', directory: theirs })
    assert.deepEqual(dataOf(ours), dataOf(theirs))
    assert.equal(Object.keys(dataOf(ours)).length > 10, true)
    for (const [path, file] of Object.entries(dataOf(ours))) {
      if (!before[path]?.startsWith('link') && !before[path]?.startsWith('exec'))
        assert.equal(file, before[path], path)
    }
    for (const directory of directories) {
      for (const seed of seeds) {
        for (const change of planChanges(seed, generateTree(seed, `out${seed}`)))
          await change(directory)
      }
    }
    const said = await dvc.perform({ operation: 'status', directory: theirs })
    assert.deepEqual(await gyreStatus(ours), said)
    assert.deepEqual(await gyreStatus(theirs), said)
  } finally {
    await dvc.close()
  }
})

/** Whether DVC 2 would hash a file of the tree otherwise than DVC 3. */
function hasText(seed: number): boolean {
  return [...generateTree(seed, 'out').values()].some(
    (entry) => entry.kind === 'file' && entry.content.includes('\r\n'),
  )
}

/** Records these outputs as DVC 2 did, in the lock and in the cache. */
async function makeOlder(directory: string, seeds: readonly number[]): Promise<void> {
  const lock = join(directory, 'dvc.lock')
  let text = readFileSync(lock, 'utf8')
  const cache = join(directory, '.dvc', 'cache')
  for (const seed of seeds) {
    const entry = new RegExp(`- path: out${seed}\\n      hash: md5\\n      md5: (\\w+)\\.dir`)
    const id = entry.exec(text)?.[1] ?? ''
    text = text.replace(entry, `- path: out${seed}\n      md5: ${id}.dir`)
    const manifest = readFileSync(
      join(cache, 'files/md5', id.slice(0, 2), `${id.slice(2)}.dir`),
      'utf8',
    )
    const members = (JSON.parse(manifest) as { md5: string }[]).map(({ md5 }) => md5)
    for (const object of [...members, `${id}.dir`]) {
      const place = join(object.slice(0, 2), object.slice(2))
      await mkdir(join(cache, object.slice(0, 2)), { recursive: true })
      await cp(join(cache, 'files/md5', place), join(cache, place))
    }
  }
  await writeFile(lock, text)
}

test('outputs that a cloud’s versioning keeps are read and left alone', { skip }, async () => {
  const dvc = startDvc(python ?? '', scratch)
  try {
    const directory = await newRepository(dvc, 'cloud-versions')
    const digest = createHash('md5').update('one').digest('hex')
    const text = [
      'outs:',
      '- path: data',
      '  files:',
      '  - relpath: a',
      `    md5: ${digest}`,
      '    size: 3',
      '    cloud:',
      '      versioned:',
      `        etag: ${digest}`,
      '        version_id: 0BBcMjSCOGZfSkhNmDCkTwGOPLTiHwsP',
      '',
    ].join('\n')
    await writeFile(join(directory, 'data.dvc'), text)
    await mkdir(join(directory, 'data'))
    await writeFile(join(directory, 'data', 'a'), 'one')
    await dvc.perform({ operation: 'status', directory })
    await gyreStatus(directory)
    await gyreCheckout(directory)
    assert.equal(readFileSync(join(directory, 'data', 'a'), 'utf8'), 'one')
    await rm(join(directory, 'data'), { recursive: true })
    await gyreCheckout(directory)
    assert.equal(readdirSync(directory).includes('data'), false)
    await mkdir(join(directory, 'data'))
    await writeFile(join(directory, 'data', 'a'), 'two')
    await assert.rejects(gyreAdd(directory, ['data']), /cloud's own versioning.*only be read/)
    assert.equal(readFileSync(join(directory, 'data.dvc'), 'utf8'), text)
  } finally {
    await dvc.close()
  }
})

test('what DVC 2 recorded is read, checked out and taken over as dvc does', { skip }, async () => {
  const dvc = startDvc(python ?? '', scratch)
  try {
    const content = 'one\r\ntwo\r\n'
    const digest = createHash('md5').update(content.replaceAll('\r\n', '\n')).digest('hex')
    const directories = [
      await newRepository(dvc, 'old-ours'),
      await newRepository(dvc, 'old-theirs'),
    ]
    const [ours = '', theirs = ''] = directories
    for (const directory of directories) {
      const object = join(directory, '.dvc', 'cache', digest.slice(0, 2), digest.slice(2))
      await mkdir(join(object, '..'), { recursive: true })
      await writeFile(object, content, { mode: 0o444 })
      await writeFile(
        join(directory, 'data.dvc'),
        `outs:\n- md5: ${digest}\n  size: 10\n  path: data\n`,
      )
      await writeFile(join(directory, '.gitignore'), '/data\n')
    }
    await gyreCheckout(ours)
    await dvc.perform({ operation: 'checkout', directory: theirs })
    for (const directory of directories) {
      assert.equal(readFileSync(join(directory, 'data'), 'utf8'), content)
    }
    await bothClean(dvc, directories, 'entries of DVC 2')
    // Taken over as it is while it is the same, and as DVC 3 once it changed.
    for (const change of ['', 'three\r\n']) {
      for (const directory of directories) await appendFile(join(directory, 'data'), change)
      await gyreAdd(ours, ['data'])
      await dvc.perform({ operation: 'add', directory: theirs, targets: ['data'] })
      const [text, expected] = directories.map((directory) =>
        readFileSync(join(directory, 'data.dvc'), 'utf8'),
      )
      assert.equal(text, expected)
      await bothClean(dvc, directories, `after a change of ${change.length} bytes`)
    }
  } finally {
    await dvc.close()
  }
})

/** Each tree is an output of its own: `data<seed>`. */
async function compareTrees(dvc: RealDvc, seeds: readonly number[]): Promise<void> {
  const first = seeds[0] ?? 0
  const number = Math.floor(first / treesPerRepository)
  const what = `trees ${first} to ${seeds.at(-1)}`
  const theirs = await newRepository(dvc, `theirs-${first}`)
  const ours = await newRepository(dvc, `ours-${first}`)
  const linkType = linkTypes[number % linkTypes.length]
  for (const directory of [theirs, ours]) {
    await writeFile(join(directory, '.dvcignore'), ignored[number % ignored.length] ?? '')
    const config = linkType === undefined ? '' : `[cache]\n    type = "${linkType}"\n`
    await writeFile(join(directory, '.dvc', 'config'), config)
    for (const seed of seeds) await writeTree(directory, generateTree(seed, `data${seed}`))
  }
  const targets = seeds.map((seed) => `data${seed}`)
  await dvc.perform({ operation: 'add', directory: theirs, targets })
  await gyreAdd(ours, targets)
  const before = outcome(ours)
  assert.deepEqual(before, outcome(theirs), `${what}, after add`)
  await bothClean(dvc, [ours, theirs], `${what}, after add`)

  for (const seed of seeds) {
    for (const change of planChanges(seed, generateTree(seed, `data${seed}`))) {
      for (const directory of [theirs, ours]) await change(directory)
    }
  }
  for (const directory of [ours, theirs]) {
    const said = await dvc.perform({ operation: 'status', directory })
    assert.deepEqual(await gyreStatus(directory), said, `${what}, status after changes`)
  }
  // The other way round: gyre goes on where dvc began.
  await gyreAdd(theirs, targets)
  await dvc.perform({ operation: 'add', directory: ours, targets })
  assert.deepEqual(outcome(theirs), outcome(ours), `${what}, after the second add`)
  await bothClean(dvc, [ours, theirs], `${what}, after the second add`)

  for (const directory of [ours, theirs]) {
    for (const target of targets) {
      await writeFile(join(directory, `${target}.dvc`), before[`${target}.dvc`] ?? '')
    }
  }
  await gyreCheckout(ours)
  await dvc.perform({ operation: 'checkout', directory: theirs })
  assert.deepEqual(dataOf(ours), dataOf(theirs), `${what}, after checkout`)
  await bothClean(dvc, [ours, theirs], `${what}, after checkout`)
  for (const directory of [ours, theirs]) await rm(directory, { recursive: true })
}

async function bothClean(dvc: RealDvc, directories: readonly string[], when: string) {
  for (const directory of directories) {
    assert.deepEqual(await dvc.perform({ operation: 'status', directory }), {}, `dvc ${when}`)
    assert.deepEqual(await gyreStatus(directory), {}, `gyre ${when}`)
  }
}
