import { execFileSync } from 'node:child_process'
import { relative, sep } from 'node:path'
import { invalid } from '#kernel/errors'
import type { DvcRepository } from './dvc-repository.ts'
import { findOutputs, type RepositoryReader } from './find-outputs.ts'
import type { Git } from './git.ts'
import { IgnoreRules } from './ignore-rules.ts'
import type { TrackedOutput } from './tracked-output.ts'

export interface RevisionScope {
  allCommits?: boolean | undefined
  allBranches?: boolean | undefined
  allTags?: boolean | undefined
  revisions?: readonly string[] | undefined
}

/** The Git of a repository. Errors: `invalid` where there is none. */
export function requireGit({ git, root }: DvcRepository): Git {
  if (git !== undefined) return git
  throw invalid(`${root} is not in a Git repository, so it has no history.`)
}

/** The commits of a scope, each once. Errors: `invalid` for a revision that Git does not know. */
export async function commitsOf(git: Git, scope: RevisionScope): Promise<string[]> {
  const found = new Set<string>()
  if (scope.allCommits === true) {
    for (const commit of lines(await git.text('rev-list', '--all'))) found.add(commit)
  }
  const refs = [
    ...(scope.allBranches === true ? ['refs/heads', 'refs/remotes'] : []),
    ...(scope.allTags === true ? ['refs/tags'] : []),
  ]
  if (refs.length > 0) {
    const format = '--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)'
    for (const commit of lines(await git.text('for-each-ref', format, ...refs))) found.add(commit)
  }
  for (const revision of scope.revisions ?? []) found.add(await resolveRevision(git, revision))
  return [...found]
}

/** The commit that a revision names. Errors: `invalid`. */
export async function resolveRevision(git: Git, revision: string): Promise<string> {
  return git
    .text('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`)
    .catch((thrown: unknown) => {
      throw invalid(`Git knows no revision ${JSON.stringify(revision.slice(0, 200))}.`, thrown)
    })
}

/** The outputs of a commit. */
export async function outputsAt(
  repository: DvcRepository,
  commit: string,
): Promise<TrackedOutput[]> {
  return findOutputs(repository, commitReader(repository, commit))
}

interface CommitTree {
  /** Object ids by path from the repository's root. */
  blobs: Map<string, string>
  files: Map<string, string[]>
  directories: Map<string, string[]>
}

/** Reads the files of a commit that declare outputs, all at once. */
function commitReader(repository: DvcRepository, commit: string): RepositoryReader {
  const git = requireGit(repository)
  const tree = readTree(repository, git, commit)
  const wanted = [...tree.blobs.keys()].filter((path) =>
    /\.dvc$|(?:^|\/)(?:dvc\.yaml|dvc\.lock|params\.yaml|\.dvcignore)$/.test(path),
  )
  const texts = readBlobs(
    git,
    wanted.map((path) => tree.blobs.get(path) ?? ''),
  )
  const textOf = (path: string): string | undefined => {
    const blob = tree.blobs.get(path)
    if (blob === undefined) return undefined
    return texts.get(blob) ?? readBlobs(git, [blob]).get(blob)
  }
  const ignore = new IgnoreRules(repository.root, textOf)
  return {
    entries: (directory) => ({
      files: kept(tree.files.get(directory), directory, false, ignore),
      directories: kept(tree.directories.get(directory), directory, true, ignore),
    }),
    text: textOf,
  }
}

function kept(
  names: readonly string[] | undefined,
  directory: string,
  areDirectories: boolean,
  ignore: IgnoreRules,
): string[] {
  return (names ?? []).filter((name) => !ignore.ignoresEntry(directory, name, areDirectories))
}

function readTree({ root }: DvcRepository, git: Git, commit: string): CommitTree {
  const prefix = relative(git.root, root).split(sep).join('/')
  const at = prefix === '' ? commit : `${commit}:${prefix}`
  const listing = runGit(git, ['ls-tree', '-r', '-z', at]).toString('utf8')
  const tree: CommitTree = { blobs: new Map(), files: new Map(), directories: new Map() }
  for (const line of listing.split('\0')) {
    const match = /^\d+ blob ([0-9a-f]+)\t(.+)$/s.exec(line)
    if (match === null) continue
    const [, blob = '', path = ''] = match
    tree.blobs.set(path, blob)
    addEntry(tree, path)
  }
  return tree
}

function addEntry({ files, directories }: CommitTree, path: string): void {
  const slash = path.lastIndexOf('/')
  const directory = slash < 0 ? '' : path.slice(0, slash)
  const known = files.get(directory)
  if (known !== undefined) {
    known.push(path.slice(slash + 1))
    return
  }
  files.set(directory, [path.slice(slash + 1)])
  for (let at = directory; at !== '';) {
    const cut = at.lastIndexOf('/')
    const above = cut < 0 ? '' : at.slice(0, cut)
    const names = directories.get(above) ?? []
    if (names.includes(at.slice(cut + 1))) return
    directories.set(above, [...names, at.slice(cut + 1)])
    at = above
  }
}

function readBlobs(git: Git, blobs: readonly string[]): Map<string, string> {
  const asked = [...new Set(blobs)]
  const texts = new Map<string, string>()
  if (asked.length === 0) return texts
  const output = runGit(git, ['cat-file', '--batch'], `${asked.join('\n')}\n`)
  let at = 0
  for (const blob of asked) {
    const end = output.indexOf(10, at)
    const size = Number(output.toString('latin1', at, end).split(' ')[2])
    texts.set(blob, output.toString('utf8', end + 1, end + 1 + size))
    at = end + 1 + size + 1
  }
  return texts
}

function runGit(git: Git, args: readonly string[], input = ''): Buffer {
  return execFileSync('git', args, {
    cwd: git.root,
    input,
    maxBuffer: 1 << 30,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
