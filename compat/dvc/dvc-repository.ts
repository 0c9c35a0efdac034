import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { preparePython } from '../python-environment.ts'

const run = promisify(execFile)

/** The folder of the real dvc, 3.67.1 with WebDAV. */
export const dvcPrograms = await preparePython({
  name: 'dvc',
  requirements: ['dvc[s3,webdav]==3.67.1'],
  module: 'dvc_s3, dvc_webdav',
  variable: 'GYRE_TEST_DVC',
})

/** A DVC repository in a new directory, handled by the unmodified `dvc`. */
export class DvcRepository {
  readonly directory: string

  private constructor(directory: string) {
    this.directory = directory
  }

  /** As `git init` and `dvc init` leave it; each `dvc` takes a second, and the files say it all. */
  static async create(): Promise<DvcRepository> {
    const repository = new DvcRepository(await mkdtemp(join(tmpdir(), 'gyre-dvc-')))
    await run('git', ['init', '-q'], { cwd: repository.directory })
    await repository.write({ '.dvc/config': '', '.dvcignore': '' })
    return repository
  }

  /** Makes this the default remote, with settings as of `dvc remote modify`. */
  async useRemote(url: string, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const lines = Object.entries({ url, ...settings }).map(
      ([name, value]) => `    ${name} = ${value}`,
    )
    const text = ['[core]', '    remote = gyre', `['remote "gyre"']`, ...lines, ''].join('\n')
    await this.write({ '.dvc/config': text })
  }

  /** Output of dvc, standard error after standard output; throws when it fails. */
  async dvc(...args: string[]): Promise<string> {
    const { stdout, stderr } = await this.tryDvc(...args)
    return stdout + stderr
  }

  private tryDvc(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const environment = { ...process.env, DVC_SITE_CACHE_DIR: join(this.directory, '.site') }
    return run(join(dvcPrograms ?? '', 'dvc'), args, {
      cwd: this.directory,
      env: { ...environment, DVC_NO_ANALYTICS: '1' },
      maxBuffer: 1 << 26,
    })
  }

  /** Output of a dvc that must fail. */
  async failing(...args: string[]): Promise<string> {
    try {
      await this.tryDvc(...args)
    } catch (thrown) {
      const { stdout, stderr } = thrown as { stdout: string; stderr: string }
      return stdout + stderr
    }
    throw new Error(`dvc ${args.join(' ')} did not fail.`)
  }

  async write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.directory, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
    }
  }

  read(path: string): Promise<string> {
    return readFile(join(this.directory, path), 'utf8')
  }

  /** As on a machine that has nothing: without the data, the cache and what dvc remembers. */
  async forget(...paths: string[]): Promise<void> {
    for (const path of ['.dvc/cache', '.dvc/tmp', '.site', ...paths]) {
      await rm(join(this.directory, path), { recursive: true, force: true })
    }
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true })
  }
}
