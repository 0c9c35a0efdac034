import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { freshSchema, postgresUrl } from '#adapters/sql/fresh-schema.contract'
import { type OpenedServer, openServer } from '../../src/app/opened-server.contract.ts'
import { mlflowPython } from './python.contract.ts'

const run = promisify(execFile)
const python = await mlflowPython()
const skip = python === undefined && 'no Python with mlflow'

type Outcomes = Record<string, string | number>
interface Seen {
  owner: string
  renamed: string
  left: string[]
  [level: string]: Record<'read' | 'write' | 'manage', Outcomes> | string | string[]
}

for (const database of ['SQLite', 'PostgreSQL'] as const) {
  const noDatabase =
    database === 'PostgreSQL' && postgresUrl === undefined && 'GYRE_TEST_POSTGRES_URL is not set.'
  describe(
    `permissions on one experiment and one model, on ${database}`,
    {
      skip: skip || noDatabase,
    },
    () => {
      let server: OpenedServer
      let seen: Seen
      let drop: () => Promise<void>

      before(async () => {
        const place = database === 'SQLite' ? undefined : await freshSchema()
        drop = async () => place?.drop()
        server = await openServer({
          auth: 'tokens',
          ...(place === undefined ? {} : { databaseUrl: place.url }),
        })
        const { stdout } = await run(
          python ?? '',
          [join(import.meta.dirname, 'permissions.py'), server.url, server.server.adminToken ?? ''],
          {
            env: {
              ...process.env,
              MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
              GIT_PYTHON_REFRESH: 'quiet',
            },
          },
        )
        seen = JSON.parse(stdout) as Seen
      })
      after(async () => {
        await server?.close()
        await drop?.()
      })

      const outcomes = (level: string, kind: 'read' | 'write' | 'manage') =>
        Object.entries((seen[level] as Record<string, Outcomes>)[kind] ?? {})
      const refused = (outcome: string | number) =>
        outcome === 'PERMISSION_DENIED' || outcome === 403
      const isDone = (outcome: string | number) => !refused(outcome) && outcome !== 0

      /** Names of what did not end as it should. */
      const others = (level: string, kind: 'read' | 'write' | 'manage', can: boolean) =>
        outcomes(level, kind)
          .filter(([, outcome]) => (can ? !isDone(outcome) : isDone(outcome)))
          .map(([what, outcome]) => `${level} ${what}: ${outcome}`)

      it('let a guest do what their level says, by every door, and no more', () => {
        for (const [level, read, write, manage] of [
          ['nothing', false, false, false],
          ['READ', true, false, false],
          ['EDIT', true, true, false],
          ['MANAGE', true, true, true],
          ['NO_PERMISSIONS', false, false, false],
        ] as const) {
          assert.ok(outcomes(level, 'read').length >= 20)
          assert.deepEqual(others(level, 'read', read), [])
          assert.deepEqual(others(level, 'write', write), [])
          assert.deepEqual(others(level, 'manage', manage), [])
        }
      })

      it('hide a thing from who may do the rest: searches leave it out, the thing itself is refused', () => {
        const found = Object.fromEntries(outcomes('NO_PERMISSIONS', 'read'))
        assert.equal(found['experiments'], 0)
        assert.equal(found['sql'], 0)
        assert.equal(found['get run'], 'PERMISSION_DENIED')
        assert.equal(found['own api'], 403)
      })

      it('give who made a thing its management, follow its name and end with it', () => {
        assert.equal(seen.owner, 'MANAGE')
        assert.equal(seen.renamed, 'MANAGE')
        assert.deepEqual(seen.left, ['experiment'])
      })
    },
  )
}
