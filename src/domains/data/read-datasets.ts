import { authorize, type Context } from '#domains/access/index'
import { countQuarantined, type Dataset, datasetFromRow, findDataset } from './dataset.ts'
import { datasetColumns, readData } from './store.ts'

/** The project's data sets, by name. */
export async function listDatasets(ctx: Context, input: { project: string }): Promise<Dataset[]> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readData(ctx)
    .selectFrom('datasets')
    .select(datasetColumns)
    .where('project', '=', input.project)
    .orderBy('name')
    .execute()
  const quarantined = await countQuarantined(ctx, input.project)
  return rows.map((row) => datasetFromRow(row, quarantined.get(row.name) ?? 0))
}

/** One data set. Errors: `not_found`. */
export async function getDataset(
  ctx: Context,
  input: { project: string; dataset: string },
): Promise<Dataset> {
  authorize(ctx, 'viewer', input.project)
  const row = await findDataset(readData(ctx), input.project, input.dataset)
  const quarantined = await countQuarantined(ctx, input.project)
  return datasetFromRow(row, quarantined.get(row.name) ?? 0)
}
