import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { GyreError } from '#kernel/errors'
import type { DvcRepository } from './dvc-repository.ts'

const attempts = 7
const pauseMs = 500

/**
 * Does work while nobody else, Gyre or dvc, changes the repository. The lock is the kernel's on
 * `.dvc/tmp/lock`, the file that dvc locks: it is gone with its holder, however that ends. Waits as
 * long as dvc does, three seconds. Errors: `conflict` names the holder.
 */
export async function withRepositoryLock<T>(
  repository: DvcRepository,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await lockRepository(repository)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

async function lockRepository(repository: DvcRepository): Promise<{ release(): Promise<void> }> {
  refuseHardlinkLock(repository)
  const file = join(repository.temporary, 'lock')
  for (let attempt = 1; ; attempt++) {
    const holder = await holdFile(file)
    if (holder !== undefined) {
      await writeFile(file, ` ${process.pid}\n`)
      return {
        async release() {
          holder.stdin?.end()
          if (holder.exitCode === null) await once(holder, 'close')
        },
      }
    }
    if (attempt === attempts) throw await heldBy(file)
    await wait(pauseMs)
  }
}

/**
 * Node has no flock(2), so a child of ours holds the lock for as long as its standard input is open:
 * until we let go, or die. Undefined: somebody else has it.
 */
async function holdFile(file: string): Promise<ChildProcess | undefined> {
  const child = spawn('flock', ['-x', '-n', file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C is for us: we let go when we have cleaned up.
    detached: true,
  })
  const held = await Promise.race([
    once(child, 'error').then(([thrown]) => Promise.reject(withoutFlock(thrown))),
    once(child.stdout ?? child, 'data').then(() => true),
    once(child, 'close').then(() => false),
  ])
  return held ? child : undefined
}

function withoutFlock(cause: unknown): GyreError {
  return new GyreError({
    code: 'unavailable',
    retryable: false,
    public:
      'The command flock, which locks the repository against dvc, is not installed. Install util-linux.',
    cause,
  })
}

function refuseHardlinkLock({ config }: DvcRepository): void {
  if (!config.hardlinkLock) return
  throw new GyreError({
    code: 'conflict',
    public:
      'core.hardlink_lock is set: dvc then locks in a way that Gyre does not take part in. Unset it, or use dvc here.',
  })
}

async function heldBy(file: string): Promise<GyreError> {
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).trim())
  const command = pid > 0 ? await commandOf(pid) : ''
  const who = command === '' ? 'Another command' : `Process ${pid} (${command})`
  return new GyreError({
    code: 'conflict',
    retryable: true,
    public: `${who} is working in this repository. Wait for it to end, then try again.`,
  })
}

async function commandOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text.split('\0').join(' ').trim().slice(0, 200)
}
