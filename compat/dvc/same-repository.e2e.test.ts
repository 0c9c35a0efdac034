import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dvcPrograms } from './dvc-repository.ts'
import { generateTree, planChanges, writeTree } from './generated-tree.ts'
import { gyreAdd, gyreCheckout, gyreStatus } from './gyre-data.ts'
import { type RealDvc, startDvc } from './real-dvc.ts'

const trees = Number(process.env['GYRE_TEST_DVC_TREES'] ?? 60)

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
    if (name.endsWith('.dvc') && name !== '.dvc')
      seen[name] = readFileSync(join(directory, name), 'utf8')
  }
  seen['.gitignore'] = readFileSync(join(directory, '.gitignore'), 'utf8')
  const cache = join(directory, '.dvc', 'cache', 'files', 'md5')
  for (const path of readdirSync(cache, { recursive: true, encoding: 'utf8' }).sort()) {
    const info = lstatSync(join(cache, path))
    if (!info.isFile()) continue
    const content = path.endsWith('.dir') ? readFileSync(join(cache, path), 'utf8') : info.size
    seen[path] = `${(info.mode & 0o777).toString(8)} ${content}`
  }
  return seen
}

/** Every file of the work tree's data: where, what and how. */
function dataOf(directory: string): Record<string, string> {
  const seen: Record<string, string> = {}
  const data = join(directory, 'data')
  for (const path of readdirSync(data, { recursive: true, encoding: 'utf8' }).sort()) {
    const info = lstatSync(join(data, path))
    if (info.isSymbolicLink()) seen[path] = `link to ${readlinkSync(join(data, path))}`
    else if (info.isFile()) seen[path] = readFileSync(join(data, path), 'latin1')
  }
  return seen
}

test(
  `${trees} generated trees: the same bytes from dvc and from gyre, in every order`,
  { skip },
  async () => {
    const dvc = startDvc(python ?? '', scratch)
    try {
      for (let seed = 1; seed <= trees; seed++) await compareTree(dvc, seed)
    } finally {
      await dvc.close()
    }
  },
)

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

async function compareTree(dvc: RealDvc, seed: number): Promise<void> {
  const tree = generateTree(seed)
  const theirs = await newRepository(dvc, `theirs-${seed}`)
  const ours = await newRepository(dvc, `ours-${seed}`)
  for (const directory of [theirs, ours]) await writeTree(directory, tree)
  await dvc.perform({ operation: 'add', directory: theirs, targets: ['data'] })
  await gyreAdd(ours, ['data'])
  const first = outcome(ours)
  assert.deepEqual(first, outcome(theirs), `tree ${seed}, after add`)
  await bothClean(dvc, [ours, theirs], `tree ${seed}, after add`)

  for (const change of planChanges(seed, tree)) {
    for (const directory of [theirs, ours]) await change(directory)
  }
  for (const directory of [ours, theirs]) {
    const said = await dvc.perform({ operation: 'status', directory })
    assert.deepEqual(await gyreStatus(directory), said, `tree ${seed}, status after changes`)
  }
  // The other way round: gyre goes on where dvc began.
  await gyreAdd(theirs, ['data'])
  await dvc.perform({ operation: 'add', directory: ours, targets: ['data'] })
  assert.deepEqual(outcome(theirs), outcome(ours), `tree ${seed}, after the second add`)
  await bothClean(dvc, [ours, theirs], `tree ${seed}, after the second add`)

  for (const directory of [ours, theirs]) {
    await writeFile(join(directory, 'data.dvc'), first['data.dvc'] ?? '')
  }
  await gyreCheckout(ours)
  await dvc.perform({ operation: 'checkout', directory: theirs })
  assert.deepEqual(dataOf(ours), dataOf(theirs), `tree ${seed}, after checkout`)
  await bothClean(dvc, [ours, theirs], `tree ${seed}, after checkout`)
  for (const directory of [ours, theirs]) await rm(directory, { recursive: true })
}

async function bothClean(dvc: RealDvc, directories: readonly string[], when: string) {
  for (const directory of directories) {
    assert.deepEqual(await dvc.perform({ operation: 'status', directory }), {}, `dvc ${when}`)
    assert.deepEqual(await gyreStatus(directory), {}, `gyre ${when}`)
  }
}
