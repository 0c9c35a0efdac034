import { type Kysely, sql, type Transaction } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'
import { type Migration, migrations } from './migrations/all.ts'
import { schemaOn } from './migrations/columns.ts'

interface MigrationTables {
  gyre_migrations: { name: string; at: number }
}

/**
 * Brings the schema up to this version's, in one transaction: another server that starts at the same
 * time waits and finds it done. Throws `refused` for a database that a newer version wrote.
 */
export async function migrateTables(
  tables: Tables,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  await tables.write<MigrationTables, void>(async (tx) => {
    const schema = schemaOn(tx as unknown as Transaction<unknown>, tables.dialect)
    if (!(await hasMigrations(tx, tables.dialect))) {
      await schema
        .table('gyre_migrations')
        .addColumn('name', schema.text, (c) => c.primaryKey())
        .addColumn('at', schema.integer, (c) => c.notNull())
        .execute()
    }
    const rows = await tx.selectFrom('gyre_migrations').select('name').orderBy('name').execute()
    const done = new Set(rows.map((row) => row.name))
    refuseNewer([...done], steps)
    for (const step of steps) {
      if (done.has(step.name)) continue
      await step.up(schema)
      await tx.insertInto('gyre_migrations').values({ name: step.name, at: Date.now() }).execute()
    }
  })
}

function refuseNewer(done: readonly string[], steps: readonly Migration[]): void {
  const unknown = done.filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length === 0) return
  throw new GyreError({
    code: 'refused',
    public:
      `The database was written by a newer version of Gyre (it has ${unknown.join(', ')}). ` +
      'Start that version, or restore a backup made by this one. Nothing was changed.',
  })
}

async function hasMigrations(
  db: Kysely<MigrationTables>,
  dialect: Tables['dialect'],
): Promise<boolean> {
  const query =
    dialect === 'postgres'
      ? sql<{ found: number }>`select 1 as found from information_schema.tables
          where table_schema = current_schema() and table_name = 'gyre_migrations'`
      : sql<{ found: number }>`select 1 as found from sqlite_master where name = 'gyre_migrations'`
  return (await query.execute(db)).rows.length > 0
}
