import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GyreError } from '#kernel/errors'
import type { DvcRepository } from './dvc-repository.ts'

interface Claim {
  pid: number
  cmd: string
}

/**
 * Refuses to change paths that a running stage of dvc reads or writes: dvc lets go of its lock while
 * a stage's command runs, and notes in `.dvc/tmp/rwlock` what that command has to do with. Claims of
 * processes that are gone do not count. Call it with the repository locked. Errors: `conflict`.
 */
export async function refuseClaimed(
  repository: DvcRepository,
  places: readonly string[],
): Promise<void> {
  const file = join(repository.temporary, 'rwlock')
  const text = await readFile(file, 'utf8').catch(() => '{}')
  for (const [path, claims] of readClaims(text)) {
    const ours = places.find((place) => overlaps(place, path))
    const claim = ours === undefined ? undefined : claims.find(({ pid }) => isAlive(pid))
    if (ours === undefined || claim === undefined) continue
    throw new GyreError({
      code: 'conflict',
      retryable: true,
      public: `${ours} is in use by process ${claim.pid} (${claim.cmd}). Wait for it to end, then try again.`,
    })
  }
}

/** A file that was cut short says nothing: dvc writes it anew. */
function readClaims(text: string): [path: string, claims: Claim[]][] {
  let parsed: { read?: Record<string, Claim[]>; write?: Record<string, Claim> }
  try {
    parsed = JSON.parse(text) as typeof parsed
  } catch {
    return []
  }
  return [
    ...Object.entries(parsed.write ?? {}).map(([path, claim]): [string, Claim[]] => [
      path,
      [claim],
    ]),
    ...Object.entries(parsed.read ?? {}),
  ]
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
