import { execFileSync, spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFileSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer } from '../process.ts'

const files = Number(process.env['GYRE_BENCH_FILES'] ?? 70_000)
const perDirectory = 1000
const gyre = fileURLToPath(new URL('../../bin/gyre.js', import.meta.url))

interface Measured {
  seconds: number
  peakMb: number
}

/**
 * Many small files (dvc-bench's `mnist` by count and size) through `gyre data`, through the real dvc
 * where GYRE_BENCH_DVC names one, and as the raw work: read, md5, write; stat; write.
 */
export async function measureData(scratch: string): Promise<object> {
  const set = join(scratch, 'set')
  writeSet(set)
  const raw = measureRaw(set, join(scratch, 'raw'))
  const ours = await measureTool(scratch, set, 'gyre', (words) => [
    process.execPath,
    gyre,
    ...words,
  ])
  const dvc = process.env['GYRE_BENCH_DVC']
  const theirs =
    dvc === undefined
      ? undefined
      : await measureTool(scratch, set, 'dvc', (words) => [dvc, ...words.slice(1)])
  const server = await measureServer(scratch, set)
  return {
    files,
    megabytes: 19.3,
    raw,
    gyre: { ...ours, server },
    ...(theirs === undefined ? {} : { dvc: theirs }),
  }
}

function writeSet(set: string): void {
  for (let i = 0; i < files; i++) {
    const directory = join(set, String(Math.floor(i / perDirectory)).padStart(3, '0'))
    if (i % perDirectory === 0) mkdirSync(directory, { recursive: true })
    const size = 200 + (i % 151)
    writeFileSync(
      join(directory, `${i}.png`),
      hash('sha256', String(i), 'hex').repeat(6).slice(0, size),
    )
  }
}

function placesOf(set: string): string[] {
  return readdirSync(set).flatMap((name) =>
    readdirSync(join(set, name)).map((file) => join(set, name, file)),
  )
}

function measureRaw(set: string, to: string): object {
  for (let i = 0; i < 256; i++)
    mkdirSync(join(to, i.toString(16).padStart(2, '0')), { recursive: true })
  const places = placesOf(set)
  const buffer = Buffer.alloc(4096)
  const readHashWrite = secondsOf(() => {
    for (const place of places) {
      const from = openSync(place, 'r')
      const content = buffer.subarray(0, readSync(from, buffer))
      closeSync(from)
      const digest = hash('md5', content)
      const file = openSync(join(to, digest.slice(0, 2), digest.slice(2)), 'w', 0o444)
      writeSync(file, content)
      closeSync(file)
    }
  })
  const stat = secondsOf(() => places.forEach((place) => lstatSync(place)))
  rmSync(to, { recursive: true })
  return { readHashWrite, stat }
}

function secondsOf(work: () => void): number {
  const startedAt = performance.now()
  work()
  return (performance.now() - startedAt) / 1000
}

type Command = (words: readonly string[]) => string[]

/** One tool's day: add, nothing new, one change, check out, push to a directory and again. */
async function measureTool(
  scratch: string,
  set: string,
  name: string,
  command: Command,
): Promise<Record<string, Measured>> {
  const directory = join(scratch, name)
  mkdirSync(directory)
  execFileSync('git', ['init', '--quiet'], { cwd: directory })
  mkdirSync(join(directory, '.dvc'))
  const remote = join(scratch, `${name}-remote`)
  writeFileSync(
    join(directory, '.dvc', 'config'),
    `[core]\n    remote = r\n    analytics = false\n['remote "r"']\n    url = ${remote}\n`,
  )
  execFileSync('cp', ['-r', set, join(directory, 'data')])
  const run = (...words: string[]) => measure(directory, command(['data', ...words]))
  const results: Record<string, Measured> = {
    add: await run('add', 'data'),
    addUnchanged: await run('add', 'data'),
    statusUnchanged: await run('status'),
  }
  appendFileSync(join(directory, 'data', '000', '0.png'), 'changed')
  results['statusAfterOneChange'] = await run('status')
  results['addOneChange'] = await run('add', 'data')
  results['push'] = await run('push')
  results['pushNothingNew'] = await run('push')
  renameSync(join(directory, 'data'), join(directory, '..', `${name}-aside`))
  results['checkout'] = await run('checkout')
  renameSync(join(directory, '.dvc', 'cache'), join(directory, '..', `${name}-cache`))
  results['fetch'] = await run('fetch')
  for (const aside of [`${name}-aside`, `${name}-cache`, `${name}-remote`]) {
    rmSync(join(scratch, aside), { recursive: true })
  }
  rmSync(directory, { recursive: true })
  return results
}

/** The same through a Gyre server, many objects a request. */
async function measureServer(scratch: string, set: string): Promise<Record<string, Measured>> {
  const server = await startServer(join(scratch, 'store'))
  const directory = join(scratch, 'through-server')
  mkdirSync(join(directory, '.dvc'), { recursive: true })
  execFileSync('cp', ['-r', set, join(directory, 'data')])
  const run = (...words: string[]) => measure(directory, [process.execPath, gyre, 'data', ...words])
  const remote = ['--remote', `${server.url}/dvc/bench`]
  try {
    await run('add', 'data')
    const push = await run('push', ...remote)
    const pushNothingNew = await run('push', ...remote)
    renameSync(join(directory, '.dvc', 'cache'), join(scratch, 'cache-aside'))
    renameSync(join(directory, 'data'), join(scratch, 'data-aside'))
    const pullPart = await run('pull', ...remote, 'data/001')
    const fetch = await run('fetch', ...remote)
    return { push, pushNothingNew, pullPart, fetch }
  } finally {
    await server.stop()
  }
}

/** Wall time and peak memory of a command. Exit code 2 is an answer: there are differences. */
async function measure(directory: string, [program = '', ...args]: string[]): Promise<Measured> {
  const startedAt = performance.now()
  const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'ignore', 'ignore'] })
  const closed = once(child, 'close') as Promise<[number | null]>
  let peakKb = 0
  const watch = setInterval(() => {
    peakKb = Math.max(peakKb, peakOf(child.pid ?? 0))
  }, 20)
  const [code] = await closed
  clearInterval(watch)
  const seconds = (performance.now() - startedAt) / 1000
  if (code !== 0 && code !== 2) throw new Error(`${program} ${args.join(' ')} ended in ${code}`)
  return { seconds: Math.round(100 * seconds) / 100, peakMb: Math.round(peakKb / 1024) }
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    // It ended between two looks.
    return 0
  }
}
