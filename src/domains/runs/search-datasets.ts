import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { scanRuns } from './store.ts'

export interface DatasetSummary {
  experiment: string
  name: string
  digest: string
  context: string | null
}

const mostSummaries = 1000

/** The data sets that runs of these experiments read, each with what it was used for. */
export async function searchDatasets(
  ctx: Context,
  input: { project: string; experiments: readonly number[] },
): Promise<DatasetSummary[]> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const experiments = input.experiments.filter((number) => reach.holds(String(number)))
  if (experiments.length === 0) return []
  const rows = await scanRuns(ctx)
    .selectFrom('run_datasets')
    .innerJoin('run_dataset_inputs', 'run_dataset_inputs.dataset_id', 'run_datasets.id')
    .select(['experiment', 'name', 'digest', 'context'])
    .distinct()
    .where('project', '=', input.project)
    .where('experiment', 'in', experiments)
    .orderBy('name')
    .orderBy('digest')
    .limit(mostSummaries)
    .execute()
  return rows.map((row) => ({ ...row, experiment: String(row.experiment) }))
}
