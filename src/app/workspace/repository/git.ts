import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { GyreError } from '#kernel/errors'

const run = promisify(execFile)
const outputBytes = 256 * 1024 * 1024

/** Git by its binary, in one work tree. */
export class Git {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** Whether Git has the path itself, or anything below it, in its index. */
  async isTracked(path: string): Promise<boolean> {
    return (await this.#answer('--literal-pathspecs', 'ls-files', '--', path)) !== ''
  }

  /**
   * Whether a pattern ignores the path, or a directory above it. As dvc asks it: a pattern for
   * directories only does not count for the path itself.
   */
  async isIgnored(path: string): Promise<boolean> {
    const answer = await this.#answer('check-ignore', '--no-index', '--verbose', '--', path)
    const pattern = /^[^\t]*:\d+:(.*)\t/s.exec(answer)?.[1]
    if (pattern === undefined || pattern.startsWith('!')) return false
    if (!pattern.endsWith('/')) return true
    const slash = path.lastIndexOf('/')
    return (
      slash > 0 &&
      (await this.#answer('check-ignore', '--no-index', '--', path.slice(0, slash))) !== ''
    )
  }

  async stage(paths: readonly string[]): Promise<void> {
    await this.text('--literal-pathspecs', 'add', '--', ...paths)
  }

  /** What a command prints, without white space around it. Errors: `invalid` with what Git says. */
  async text(...args: readonly string[]): Promise<string> {
    return (await this.bytes(...args)).toString('utf8').trim()
  }

  async bytes(...args: readonly string[]): Promise<Buffer> {
    try {
      const { stdout } = await run('git', args, {
        cwd: this.root,
        encoding: 'buffer',
        maxBuffer: outputBytes,
      })
      return stdout
    } catch (thrown) {
      throw gitError(args, thrown)
    }
  }

  /** What a command prints that ends in 1 for "no". Where Git is not installed nobody can say yes. */
  async #answer(...args: readonly string[]): Promise<string> {
    try {
      return await this.text(...args)
    } catch (thrown) {
      const { code } = (thrown as Error).cause as { code?: unknown }
      if (code === 1 || code === 'ENOENT') return ''
      throw thrown
    }
  }
}

function gitError(args: readonly string[], thrown: unknown): GyreError {
  const { code, stderr } = thrown as { code?: unknown; stderr?: Buffer }
  if (code === 'ENOENT') {
    return new GyreError({
      code: 'unavailable',
      retryable: false,
      public: 'Git is not installed, and this repository is one of Git. Install git.',
      cause: thrown,
    })
  }
  const said = stderr?.toString('utf8').trim().split('\n').at(-1) ?? ''
  return new GyreError({
    code: 'invalid',
    public: `git ${args.find((arg) => !arg.startsWith('-')) ?? ''} failed: ${said}`,
    cause: thrown,
  })
}
