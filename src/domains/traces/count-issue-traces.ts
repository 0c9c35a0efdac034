import { type SqlBool, sql } from 'kysely'
import { authorizeOnExperiments, type Context, experimentsWithin } from '#domains/access/index'
import { scanTraces } from './store.ts'

/** How many traces refer to each issue; those that no trace refers to are left out. */
export async function countIssueTraces(
  ctx: Context,
  input: { project: string; issues: readonly string[] },
): Promise<ReadonlyMap<string, number>> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const within = sql.join([sql`1 = 1`, ...experimentsWithin(reach, 'experiment')], sql` and `)
  if (input.issues.length === 0) return new Map()
  const rows = await scanTraces(ctx)
    .selectFrom('trace_assessments')
    .select((eb) => ['name', eb.fn.count<number>('trace_id').distinct().as('count')])
    .where('project', '=', input.project)
    .where('kind', '=', 'issue')
    .where('name', 'in', [...input.issues])
    .where(
      sql<SqlBool>`trace_id in (select id from traces where project = ${input.project} and ${within})`,
    )
    .groupBy('name')
    .execute()
  return new Map(rows.map((row) => [row.name, Number(row.count)]))
}
