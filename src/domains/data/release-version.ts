import { GyreError, invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { type DataVersion, findDataset, versionFromRow } from './dataset.ts'
import { readVersion } from './read-versions.ts'
import { type DataTables, readData, versionColumns } from './store.ts'

/**
 * Lets a quarantined version through, with a reason. It becomes the latest version unless one was
 * committed since. Errors: `not_found`, `conflict` when it is not in quarantine.
 */
export async function releaseVersion(
  ctx: Context,
  input: { project: string; dataset: string; version: string; reason: string },
): Promise<DataVersion> {
  authorize(ctx, 'operator', input.project)
  const reason = input.reason.trim()
  if (reason === '') throw invalid('Say why the version may be used: the journal keeps the reason.')
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  const { version } = await readVersion(ctx, dataset, input.version)
  return commit(ctx, async (change) => {
    const db = change.sql<DataTables>()
    const now = ctx.clock()
    const row = await db
      .updateTable('data_versions')
      .set({
        state: 'committed',
        released: JSON.stringify({ reason, by: ctx.principal.name, at: now }),
      })
      .where('project', '=', input.project)
      .where('dataset', '=', dataset.name)
      .where('version', '=', version)
      .where('state', '=', 'quarantined')
      .returning(versionColumns)
      .executeTakeFirst()
    if (row === undefined) throw notQuarantined(dataset.name, version)
    const latest = Math.max(
      version,
      (await findDataset(db, input.project, dataset.name)).latest_version ?? 0,
    )
    await db
      .updateTable('datasets')
      .set((eb) => ({ latest_version: latest, updated_at: eb('updated_at', '+', 1) }))
      .where('project', '=', input.project)
      .where('name', '=', dataset.name)
      .execute()
    change.record({
      verb: 'data.released',
      subject: subject('data', dataset.name, version),
      project: input.project,
      inputs: row.parent === null ? [] : [subject('data', dataset.name, row.parent)],
      detail: { reason, latest: latest === version, rows: row.rows, summary: row.summary },
    })
    return versionFromRow(row, latest)
  })
}

function notQuarantined(dataset: string, version: number): GyreError {
  return new GyreError({
    code: 'conflict',
    public: `Version ${version} of data set "${dataset}" is not in quarantine, so there is nothing to release.`,
  })
}
