import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { gitState } from '../workspace/reproduce/git-state.ts'

/** What a run knows about where it ran. */
export interface RunSurroundings {
  runtime: string
  host: string
  platform: string
  workingDirectory: string
  command: string[]
  packages: Record<string, string>
  gitCommit?: string
  gitBranch?: string
  gitDirty?: boolean
}

/** Reads where this process runs. `packages` are those whose versions matter to it. */
export async function readSurroundings(
  directory: string,
  command: readonly string[],
  packages: readonly string[],
): Promise<RunSurroundings> {
  const git = await gitState(directory)
  return {
    runtime: `node ${process.versions.node}`,
    host: hostname(),
    platform: `${process.platform} ${process.arch}`,
    workingDirectory: directory,
    command: [...command],
    packages: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    ...(git.commit === null ? {} : { gitCommit: git.commit, gitDirty: git.dirty }),
    ...(git.branch === null ? {} : { gitBranch: git.branch }),
  }
}

function versionOf(name: string): string {
  try {
    const require = createRequire(import.meta.url)
    return (require(`${name}/package.json`) as { version: string }).version
  } catch {
    // A package that does not show its manifest.
    return 'unknown'
  }
}
