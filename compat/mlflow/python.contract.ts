import { execFile, spawn } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const directory = join(import.meta.dirname, '..', '..', '.cache', 'mlflow')

/** What the real client and the real server of MLflow need. */
const packages = ['mlflow==3.17.2', 'scikit-learn', 'lightgbm', 'matplotlib', 'psycopg2-binary']

/**
 * A Python with MLflow from PyPI: GYRE_TEST_MLFLOW_PYTHON, or an environment that is made once.
 * Undefined where there is no Python or no index.
 */
export async function mlflowPython(): Promise<string | undefined> {
  const given = process.env['GYRE_TEST_MLFLOW_PYTHON']
  const python = given ?? join(directory, 'bin', 'python')
  const isThere = await access(python).then(
    () => true,
    () => false,
  )
  if (isThere && (await imports(python))) return python
  if (given !== undefined) throw new Error(`${given} has no mlflow.`)
  try {
    await mkdir(directory, { recursive: true })
    await run('python3', ['-m', 'venv', directory])
    await run(python, ['-m', 'pip', 'install', '--quiet', ...packages])
    return python
  } catch (thrown) {
    console.log(`No mlflow: ${String(thrown).slice(0, 300)}`)
    return undefined
  }
}

async function imports(python: string): Promise<boolean> {
  return run(python, ['-c', 'import mlflow, sklearn, lightgbm, matplotlib, psycopg2']).then(
    () => true,
    () => false,
  )
}

/** As `mlflowPython`, of another version and with the least that a client needs. */
export async function olderPython(version: string): Promise<string | undefined> {
  const place = process.env['GYRE_TEST_OLDER_MLFLOW'] ?? join(directory, '..', 'mlflow-older')
  const environment = join(place, version)
  const python = join(environment, 'bin', 'python')
  const knows = `import mlflow, pandas; assert mlflow.__version__ == '${version}'`
  const isReady = () =>
    run(python, ['-c', knows]).then(
      () => true,
      () => false,
    )
  if (await isReady()) return python
  try {
    await mkdir(environment, { recursive: true })
    await run('python3', ['-m', 'venv', environment])
    // What a client of 2 years ago asks of pandas went with pandas 3.
    const libraries = version.startsWith('2.9.') ? ['pandas<3', 'numpy<2'] : ['pandas', 'numpy']
    const needed = [`mlflow-skinny==${version}`, ...libraries]
    await run(python, ['-m', 'pip', 'install', '--quiet', ...needed])
    return (await isReady()) ? python : undefined
  } catch (thrown) {
    console.log(`No mlflow ${version}: ${String(thrown).slice(0, 300)}`)
    return undefined
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

export interface MlflowServer {
  url: string
  /** Ends it and all its workers. */
  kill(signal?: NodeJS.Signals): void
}

export interface MlflowServerOptions {
  python: string
  /** Holds `mlflow.db` and `artifacts`. */
  directory: string
  /** Where its tables are; default: SQLite in the directory. */
  backend?: string
  port: number
}

/** `mlflow server` with its artifact proxy, as it comes, in a process group of its own. */
export async function startMlflowServer(options: MlflowServerOptions): Promise<MlflowServer> {
  const { python, port, backend = `sqlite:///${options.directory}/mlflow.db` } = options
  const child = spawn(
    python,
    `-m mlflow server --host 127.0.0.1 --port ${port} --workers 1`
      .split(' ')
      .concat('--backend-store-uri', backend)
      .concat('--artifacts-destination', `${options.directory}/artifacts`),
    {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' },
    },
  )
  const url = `http://127.0.0.1:${port}`
  const kill = (signal: NodeJS.Signals = 'SIGKILL'): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal)
  }
  for (let tries = 0; tries < 1200 && child.exitCode === null; tries++) {
    const isUp = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isUp) return { url, kill }
    await sleep(100)
  }
  kill()
  throw new Error(`mlflow server did not come up on ${url}.`)
}
