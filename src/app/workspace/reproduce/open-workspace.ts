import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { GyreError } from '#kernel/errors'
import type { ExitReport, Executor } from '#ports/executor/executor'
import type { PathState, Stage, Workspace } from '#domains/pipelines/index'
import { DvcCache } from './dvc-cache.ts'
import { makeGyreShim } from './gyre-shim.ts'
import { type DescribedPath, PathStates } from './path-state.ts'
import { ignoreInGit, openDvcRepository } from './repository.ts'

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
  const repository = await openDvcRepository(directory)
  const shim = await makeGyreShim(join(repository, '.dvc', 'tmp', 'gyre-bin'))
  return new FileWorkspace({ ...options, directory }, repository, shim)
}

class FileWorkspace implements Workspace {
  readonly #options: WorkspaceOptions
  readonly #repository: string
  readonly #shim: string
  readonly #cache: DvcCache
  readonly #states = new PathStates()

  constructor(options: WorkspaceOptions, repository: string, shim: string) {
    this.#options = options
    this.#repository = repository
    this.#shim = shim
    this.#cache = new DvcCache(repository)
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
    const state = await this.#states.describe(this.#at(path))
    return state === undefined ? undefined : withoutFiles(state)
  }

  async isCached(state: PathState): Promise<boolean> {
    return this.#cache.has(state)
  }

  async checkOut(path: string, state: PathState): Promise<void> {
    await this.#cache.checkOut(this.#at(path), state)
  }

  async clear(path: string): Promise<void> {
    await rm(this.#at(path), { recursive: true, force: true })
    await mkdir(dirname(this.#at(path)), { recursive: true })
  }

  async makeDirectory(path: string): Promise<void> {
    await mkdir(this.#at(path), { recursive: true })
  }

  async store(path: string, { cache }: { cache: boolean }): Promise<PathState | undefined> {
    const state = await this.#states.describe(this.#at(path))
    if (state === undefined) return undefined
    if (cache) {
      await this.#cache.put(this.#at(path), state)
      await ignoreInGit(this.#at(path))
    }
    return withoutFiles(state)
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
          DVC_ROOT: this.#repository,
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

function withoutFiles({ files: _files, ...state }: DescribedPath): PathState {
  return state
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
