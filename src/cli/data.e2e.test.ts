import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../bin/gyre.js', import.meta.url))
const page = fileURLToPath(new URL('../../docs/dvc-users.md', import.meta.url))
const scratch = await mkdtemp(join(tmpdir(), 'gyre-data-cli-'))
after(() => rm(scratch, { recursive: true, force: true }))

/** Commands that compare end in 2 when there are differences. */
const comparing = ['status', 'diff']

test('the first commands of the page for DVC users run as they are written', async () => {
  const here = await repository('here')
  const other = await repository('other')
  assert.equal((await gyre(other, ['data', 'add', 'data'])).code, 0)
  commit(other)
  const commands = commandsOf(readFileSync(page, 'utf8'))
  assert.ok(commands.length >= 14)
  for (const words of commands) {
    const { code, text } = await gyre(here, words)
    const isFine = code === 0 || (code === 2 && comparing.includes(words[1] ?? ''))
    assert.ok(isFine, `gyre ${words.join(' ')} ended in ${code}: ${text}`)
    if (words[1] === 'fetch') await rm(join(here, 'data'), { recursive: true })
  }
  assert.equal(readFileSync(join(here, 'data/sub/b'), 'utf8'), 'b')
  assert.equal(readFileSync(join(here, 'copy/sub/b'), 'utf8'), 'b')
  assert.match(readFileSync(join(here, 'theirs.dvc'), 'utf8'), /rev_lock/)
})

test('JSON, patterns, exit codes and a reader that leaves', async () => {
  const here = await repository('more')
  const added = await gyre(here, ['data', 'add', '--json', '--glob', 'da*'])
  const [tracked] = JSON.parse(added.out) as { path: string; files: number; changed: boolean }[]
  assert.deepEqual([tracked?.path, tracked?.files, tracked?.changed], ['data', 2, true])
  await writeFile(join(here, 'data/a'), 'changed')
  const status = await gyre(here, ['data', 'status', '--json'])
  assert.equal(status.code, 2)
  assert.deepEqual((JSON.parse(status.out) as { clean: boolean }).clean, false)
  const refused = await gyre(here, ['data', 'checkout'])
  assert.equal(refused.code, 1)
  assert.match(refused.text, /first data\/a\..*--force/)
  assert.equal((await gyre(here, ['data', 'checkout', '--force'])).code, 0)
  assert.equal((await gyre(here, ['data', 'status'])).code, 0)
  const nothing = await gyre(here, ['data', 'pull', 'nowhere'])
  assert.match(nothing.text, /nowhere is not tracked here. Tracked: data/)
  const noRemote = await gyre(here, ['data', 'push'])
  assert.match(noRemote.text, /No remote is configured/)
  const pipe = execFileSync('sh', ['-c', `${process.execPath} ${program} data ls data | head -1`], {
    cwd: here,
  })
  assert.equal(String(pipe), 'data/a\n')
})

async function repository(name: string): Promise<string> {
  const directory = join(scratch, name)
  for (const path of ['data/a', 'data/sub/b']) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), path.at(-1) ?? '')
  }
  execFileSync('git', ['init', '--quiet'], { cwd: directory })
  execFileSync(
    'git',
    [
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b',
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      'start',
    ],
    {
      cwd: directory,
    },
  )
  await mkdir(join(directory, '.dvc'))
  return directory
}

function commit(directory: string): void {
  execFileSync('git', ['add', '--all'], { cwd: directory })
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'data'],
    {
      cwd: directory,
    },
  )
}

/** The commands of the block of shell, without remarks. */
function commandsOf(text: string): string[][] {
  const block = /```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  return block
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([first]) => first === 'gyre')
    .map(([, ...words]) => words)
}

async function gyre(
  directory: string,
  words: readonly string[],
): Promise<{ code: number; out: string; text: string }> {
  assert.ok(existsSync(directory))
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], { cwd: directory }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, text: out + err }),
    )
  })
}
