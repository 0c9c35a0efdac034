import type { DvcRepository } from '../repository/dvc-repository.ts'
import { outputsAt, requireGit } from '../repository/revisions.ts'
import type { TrackedOutput } from '../repository/tracked-output.ts'

export interface HistoryEntry {
  commit: string
  /** Seconds since 1970 as milliseconds. */
  at: number
  author: string
  subject: string
  /** What the outputs were from this commit on: those that it changed. */
  outputs: TrackedOutput[]
  /** Paths that were tracked before and are no longer. */
  removed: string[]
}

/**
 * The commits that changed what is tracked, oldest first, along first parents. `isMeant` chooses the
 * paths that matter.
 */
export async function historyOf(
  repository: DvcRepository,
  isMeant: (path: string) => boolean = () => true,
): Promise<HistoryEntry[]> {
  const git = requireGit(repository)
  const log = await git.text(
    'log',
    '--first-parent',
    '--reverse',
    '--format=%H%x09%ct%x09%an%x09%s',
    '--',
    ':(glob)**/*.dvc',
    ':(glob)**/dvc.lock',
    ':(glob)**/dvc.yaml',
  )
  const entries: HistoryEntry[] = []
  let before = new Map<string, TrackedOutput>()
  for (const line of log.split('\n').filter((each) => each !== '')) {
    const [commit = '', seconds = '', author = '', ...subject] = line.split('\t')
    const outputs = (await outputsAt(repository, commit)).filter(({ path }) => isMeant(path))
    const now = new Map(outputs.map((output) => [output.path, output]))
    const changed = outputs.filter(
      ({ path, digest }) => digest !== undefined && before.get(path)?.digest !== digest,
    )
    const removed = [...before.keys()].filter((path) => !now.has(path))
    before = now
    if (changed.length === 0 && removed.length === 0) continue
    const at = Number(seconds) * 1000
    entries.push({ commit, at, author, subject: subject.join('\t'), outputs: changed, removed })
  }
  return entries
}
