import { sql } from 'kysely'
import { authorizeOnModels, type Context } from '#domains/access/index'
import { describeVersions } from './describe-models.ts'
import type { ModelVersion } from './model.ts'
import type { Stage } from './stages.ts'
import { type ModelVersionRow, readModels, versionColumns } from './store.ts'

/**
 * The newest version of each stage, by model; of some stages only when they are named. One query,
 * however many models. Models that are not there have none.
 */
export async function latestByStage(
  ctx: Context,
  input: { project: string; models: readonly string[]; stages?: readonly Stage[] | undefined },
): Promise<ReadonlyMap<string, ModelVersion[]>> {
  const reach = authorizeOnModels(ctx, 'viewer', input.project)
  const { project, stages } = input
  const names = input.models.map((name) => name.normalize('NFC')).filter(reach.holds)
  if (names.length === 0) return new Map()
  const db = readModels(ctx)
  const columns = sql.join(versionColumns.map((column) => sql.ref(`found.${column}`)))
  const { rows } = await sql<ModelVersionRow>`
    select ${columns} from model_versions as found
    join (select model, max(version) as version from model_versions
      where project = ${project} and model in (${sql.join(names)}) and state = 'active'
      group by model, stage) as newest
    on found.model = newest.model and found.version = newest.version
    where found.project = ${project}
    order by found.model, found.version`.execute(db)
  const versions = await describeVersions(db, rows)
  const wanted = versions.filter(({ stage }) => stages === undefined || stages.includes(stage))
  return Map.groupBy(wanted, (version) => version.model)
}
