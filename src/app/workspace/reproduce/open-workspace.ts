import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { GyreError } from '#kernel/errors'
import type { ExitReport, Executor } from '#ports/executor/executor'
import type { PathState, Stage, Workspace } from '#domains/pipelines/index'
import { checkOutOutput } from '../dataset/check-out-outputs.ts'
import { linkToCache } from '../dataset/link-to-cache.ts'
import { type Content, manifestOf, readContent } from '../files/read-content.ts'
import { type DvcRepository, openOrMakeRepository } from '../repository/dvc-repository.ts'
import { ignoreInGit } from '../repository/git-ignore.ts'
import { storeManifest } from '../repository/store-object.ts'
import { isDirectoryDigest } from '../repository/tracked-output.ts'
import { makeGyreShim } from './gyre-shim.ts'

export interface WorkspaceOptions {
  /** Holds dvc.yaml. */
  directory: string
  executor: Executor
  /** What commands see besides: GYRE_URL and the like, or the user's whole environment. */
  environment: Readonly<Record<string, string>>
}

/** Opens the directory of a pipeline over files, DVC's cache and the executor. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const directory = resolve(options.directory)
  const repository = await openOrMakeRepository(directory)
  const shim = await makeGyreShim(join(repository.temporary, 'gyre-bin'))
  return new FileWorkspace({ ...options, directory }, repository, shim)
}

class FileWorkspace implements Workspace {
  readonly #options: WorkspaceOptions
  readonly #repository: DvcRepository
  readonly #shim: string

  constructor(options: WorkspaceOptions, repository: DvcRepository, shim: string) {
    this.#options = options
    this.#repository = repository
    this.#shim = shim
  }

  readText = async (path: string): Promise<string | undefined> => {
    try {
      return await readFile(this.#at(path), 'utf8')
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw asUnavailable(thrown, path)
    }
  }

  async stateOf(path: string): Promise<PathState | undefined> {
    const content = await this.#read(path, false)
    return content === undefined ? undefined : stateOf(content)
  }

  async isCached({ md5 }: PathState): Promise<boolean> {
    const { cache } = this.#repository
    if (!cache.has(md5, 'md5')) return false
    if (!isDirectoryDigest(md5)) return true
    const members = cache.manifest(md5, 'md5').map((entry) => entry.md5)
    return cache.missing(members, 'md5').length === 0
  }

  async checkOut(path: string, state: PathState): Promise<void> {
    const output = {
      path: this.#inside(path),
      algorithm: 'md5' as const,
      digest: state.md5,
      isExecutable: state.isExecutable === true,
    }
    // Outputs belong to the pipeline: what is in their place may go.
    const work = { signal: new AbortController().signal, force: true }
    await checkOutOutput(this.#repository, { output, parts: undefined }, work)
  }

  async clear(path: string): Promise<void> {
    await rm(this.#at(path), { recursive: true, force: true })
    await mkdir(dirname(this.#at(path)), { recursive: true })
  }

  async makeDirectory(path: string): Promise<void> {
    await mkdir(this.#at(path), { recursive: true })
  }

  async store(path: string, { cache }: { cache: boolean }): Promise<PathState | undefined> {
    const content = await this.#read(path, cache)
    if (content === undefined) return undefined
    if (cache) await this.#keep(path, content)
    return stateOf(content)
  }

  async #keep(path: string, content: Content): Promise<void> {
    const { scanned, files } = content
    const inside = this.#inside(path)
    if (scanned.kind === 'directory') {
      await storeManifest(this.#repository.cache, manifestOf(files), 'md5')
    }
    await ignoreInGit(this.#repository, inside)
    const { signal } = new AbortController()
    await linkToCache(this.#repository, inside, content, 'md5', { signal })
  }

  #read(path: string, store: boolean): Promise<Content | undefined> {
    const { signal } = new AbortController()
    const inside = this.#inside(path)
    return readContent({
      repository: this.#repository,
      path: inside,
      algorithm: 'md5',
      store,
      signal,
    })
  }

  async writeText(path: string, text: string): Promise<void> {
    const draft = this.#at(`${path}.${process.pid}.tmp`)
    try {
      await writeFile(draft, text)
      await rename(draft, this.#at(path))
    } catch (thrown) {
      throw asUnavailable(thrown, path)
    } finally {
      await rm(draft, { force: true })
    }
  }

  async run(
    stage: Stage,
    line: string,
    onOutput: (line: string, stream: 'out' | 'err') => void,
    signal: AbortSignal | undefined,
  ): Promise<ExitReport> {
    const { environment, executor } = this.#options
    const path = environment['PATH'] ?? process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'
    const execution = await executor.start(
      {
        argv: shellCommand(environment['SHELL'], line),
        workingDirectory: this.#at(stage.workingDirectory),
        environment: {
          ...environment,
          PATH: `${this.#shim}:${path}`,
          DVC_ROOT: this.#repository.root,
          DVC_STAGE: stage.name,
          GYRE_STAGE: stage.name,
        },
      },
      onOutput,
    )
    const cancel = (): void => void execution.cancel()
    if (signal?.aborted === true) cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await execution.exit
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  #at(path: string): string {
    return join(this.#options.directory, path)
  }

  /** From the repository's root. */
  #inside(path: string): string {
    return relative(this.#repository.root, this.#at(path))
  }
}

/** The user's shell without its start-up files, as DVC calls it. */
function shellCommand(shell: string | undefined, line: string): string[] {
  const program = shell === undefined || shell === '' ? '/bin/sh' : shell
  const name = program.slice(program.lastIndexOf('/') + 1)
  if (name === 'bash') return [program, '--noprofile', '--norc', '-c', line]
  if (name === 'zsh') return [program, '--no-rcs', '-c', line]
  if (name === 'fish') return [program, '--no-config', '-c', line]
  return [program, '-c', line]
}

function stateOf({ scanned, files, digest, sizeBytes }: Content): PathState {
  return {
    md5: digest,
    sizeBytes,
    ...(scanned.kind === 'directory' ? { fileCount: files.length } : {}),
    ...(scanned.isExecutable ? { isExecutable: true } : {}),
  }
}

function asUnavailable(thrown: unknown, path: string): GyreError {
  const { code, message } = thrown as NodeJS.ErrnoException
  return new GyreError({
    code: 'unavailable',
    public: `${path} cannot be read or written (${code ?? message}). Check the directory's permissions and space.`,
    cause: thrown,
    retryable: false,
  })
}
