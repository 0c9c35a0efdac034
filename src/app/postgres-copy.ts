import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { GyreError, invalid } from '#kernel/errors'

const run = promisify(execFile)

/** What a backup calls the tables of a PostgreSQL, in the custom format of pg_dump. */
export const dumpFile = 'tables.dump'

type Tool = 'pg_dump' | 'pg_restore'

/**
 * Dumps the schema that this URL leads to, as it is at one moment, into a file. Errors:
 * `unavailable` where pg_dump is not installed or fails, with what it says.
 */
export async function dumpTables(url: string, file: string): Promise<void> {
  const schema = await emptyOrNot(url)
  if (schema.empty) {
    throw new GyreError({
      code: 'not_found',
      public: `The database holds no Gyre store: there are no tables in its schema ${schema.name}.`,
    })
  }
  const tables = `--table="${schema.name}".*`
  await runTool('pg_dump', url, ['--format=custom', tables, `--file=${file}`])
}

/** Puts dumped tables into the database of this URL, all or none. Errors: `already_exists`, `unavailable`. */
export async function restoreTables(file: string, url: string): Promise<void> {
  await requireEmpty(url)
  const whole = ['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges']
  await runTool('pg_restore', url, [...whole, `--dbname=${withoutPassword(url)}`, file])
}

/** Throws `already_exists` when there are tables where others are to be restored to. */
export async function requireEmpty(url: string): Promise<void> {
  const { empty, name } = await emptyOrNot(url)
  if (empty) return
  throw new GyreError({
    code: 'already_exists',
    public: `There are tables in the schema ${name} of this database already. Name an empty database.`,
  })
}

async function emptyOrNot(url: string): Promise<{ name: string; empty: boolean }> {
  const { openPostgres } = await import('#adapters/sql/postgres')
  const tables = await openPostgres(url)
  try {
    const { sql } = await import('kysely')
    const { rows } = await sql<{ name: string; tables: number }>`
      select current_schema() as name, count(t.table_name) as tables
      from (select 1) as one
      left join information_schema.tables as t on t.table_schema = current_schema()`.execute(
      tables.read(),
    )
    return { name: rows[0]?.name ?? 'public', empty: (rows[0]?.tables ?? 0) === 0 }
  } finally {
    await tables.close()
  }
}

/** The password goes by the environment: arguments can be read by everybody on the machine. */
async function runTool(tool: Tool, url: string, args: readonly string[]): Promise<void> {
  const password = decodeURIComponent(new URL(url).password)
  const target = tool === 'pg_dump' ? [`--dbname=${withoutPassword(url)}`] : []
  try {
    await run(findTool(tool), [...target, ...args], {
      env: { ...process.env, ...(password === '' ? {} : { PGPASSWORD: password }) },
    })
  } catch (thrown) {
    if (thrown instanceof GyreError) throw thrown
    const { stderr } = thrown as { stderr?: string }
    const said = (stderr ?? String(thrown)).trim().slice(0, 1000)
    throw new GyreError({ code: 'unavailable', public: `${tool} failed: ${said}`, cause: thrown })
  }
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) throw invalid('The database URL is not valid.')
  const named = new URL(url)
  named.password = ''
  return named.href
}

/** On the PATH, else the newest of Debian's places, which are not on it. */
function findTool(tool: Tool): string {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian) : []
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))
  const folders = [
    ...newest.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  const found = folders.map((folder) => join(folder, tool)).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new GyreError({
    code: 'unavailable',
    public:
      `${tool} is not installed here, and copies tables in PostgreSQL. On Debian: apt-get install ` +
      'postgresql-client. Or use it elsewhere, first of all, and after that copy the data directory.',
  })
}
