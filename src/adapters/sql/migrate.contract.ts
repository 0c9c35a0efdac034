import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import type { JournalTables } from '#domains/journal/store'
import type { RunsTables } from '#domains/runs/store'
import type { Tables } from '#ports/tables/tables'
import { migrateTables } from './migrate.ts'
import { type Migration, migrations } from './migrations/all.ts'

/** The columns that rows of the first release have. */
interface Released {
  runs: ReturnType<typeof runOfRelease>
  run_artifacts: Record<'run_id' | 'path' | 'sha256', string> &
    Record<'size_bytes' | 'created_at', number>
}

function runOfRelease(id: string) {
  return {
    id,
    project: 'lab',
    experiment: 3,
    name: 'n',
    description: '',
    status: 'running',
    state: 'active',
    user_name: 'u',
    environment: '{}',
    created_at: 1,
    updated_at: 1,
  }
}

const next: Migration = {
  name: '9999-next',
  async up({ table, text }) {
    await table('of_the_future').addColumn('id', text).execute()
  },
}

const broken: Migration = {
  name: '9999-broken',
  async up({ table, text, db }) {
    await table('half_done').addColumn('id', text).execute()
    await db.schema.dropTable('of_no_name').execute()
  },
}

/** Migrations on an engine. `open` gives the same, at first empty, database each time. */
export function runMigrationContract(
  name: string,
  fresh: () => Promise<() => Promise<Tables>>,
): void {
  const opened = async (work: (open: () => Promise<Tables>) => Promise<void>) => work(await fresh())

  describe(`migrations on ${name}`, () => {
    test('the numbers go up and no name is there twice', () => {
      const names = migrations.map((step) => step.name)
      assert.deepEqual(names, [...new Set(names)].sort())
    })

    test('an empty database becomes this version, with the start of the journal', () =>
      opened(async (open) => {
        const tables = await open()
        await migrateTables(tables)
        await migrateTables(tables)
        const db = tables.read<JournalTables>()
        const head = await db.selectFrom('journal_head').select(['id', 'seq', 'hash']).execute()
        assert.deepEqual(
          head.map((row) => ({ ...row })),
          [{ id: 1, seq: 0, hash: '0'.repeat(64) }],
        )
        await tables.close()
      }))

    test('two servers that start at once do it once', () =>
      opened(async (open) => {
        const both = await Promise.all([open(), open()])
        await Promise.all(both.map((tables) => migrateTables(tables)))
        await Promise.all(both.map((tables) => tables.close()))
      }))

    test('a database of a newer version is refused and left as it is', () =>
      opened(async (open) => {
        const tables = await open()
        await migrateTables(tables, [...migrations, next])
        await assert.rejects(
          migrateTables(tables),
          (thrown) =>
            thrown instanceof GyreError &&
            thrown.code === 'refused' &&
            /9999-next/.test(thrown.public),
        )
        await migrateTables(tables, [...migrations, next])
        await tables.close()
      }))

    test('files of runs move into the tree of their project', () =>
      opened(async (open) => {
        const tables = await open()
        const released = migrations.filter((step) => step.name < '0010')
        await migrateTables(tables, released)
        const run = 'a'.repeat(32)
        await tables.write<Released, void>(async (db) => {
          await db.insertInto('runs').values(runOfRelease(run)).execute()
          for (const path of ['a.txt', 'deep/b.txt']) {
            const file = { run_id: run, path, sha256: path, size_bytes: 1, created_at: 2 }
            await db.insertInto('run_artifacts').values(file).execute()
          }
        })
        await migrateTables(tables)
        const db = tables.read<RunsTables>()
        const files = await db
          .selectFrom('artifacts')
          .select(['path', 'sha256'])
          .orderBy('path')
          .execute()
        assert.deepEqual(
          files.map((file) => [file.path, file.sha256]),
          [
            [`3/${run}/artifacts/a.txt`, 'a.txt'],
            [`3/${run}/artifacts/deep/b.txt`, 'deep/b.txt'],
          ],
        )
        const directories = await db
          .selectFrom('artifact_directories')
          .select('path')
          .orderBy('path')
          .execute()
        assert.deepEqual(
          directories.map(({ path }) => path),
          ['3', `3/${run}`, `3/${run}/artifacts`, `3/${run}/artifacts/deep`],
        )
        await tables.close()
      }))

    test('a step that fails leaves nothing of any step', () =>
      opened(async (open) => {
        const tables = await open()
        await assert.rejects(migrateTables(tables, [...migrations, broken]))
        await migrateTables(tables, [...migrations, { ...next, name: '9999-broken' }])
        await tables.close()
      }))
  })
}
