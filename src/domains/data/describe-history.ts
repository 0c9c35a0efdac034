import { parseStored } from '#kernel/json'
import { authorize, type Context } from '#domains/access/index'
import { type DataProfile, findDataset } from './dataset.ts'
import { type DatasetRow, readData } from './store.ts'
import { listHolds } from './upkeep/holds.ts'
import { getRetention, type Retention } from './upkeep/retention.ts'
import { fatesOf, type VersionFate } from './upkeep/version-fates.ts'

/** What stands beside a version on the time line of its data set. */
export interface VersionMark extends Pick<VersionFate, 'version' | 'goes' | 'because'> {
  /** The holds on it, as ids. */
  holds: string[]
  /** From its column of time; null without one. Milliseconds. */
  oldestEvent: number | null
  newestEvent: number | null
}

/**
 * The newest versions of a data set with what keeps each, and the span of its events. Errors:
 * `not_found`.
 */
export async function describeHistory(
  ctx: Context,
  input: { project: string; dataset: string; limit: number },
): Promise<{ rules: Retention; items: VersionMark[] }> {
  authorize(ctx, 'viewer', input.project)
  const { project, limit } = input
  const dataset = await findDataset(readData(ctx), project, input.dataset)
  const of = { project, dataset: dataset.name }
  const rules = await getRetention(ctx, of)
  const fates = await fatesOf(readData(ctx), { ...of, rules, now: ctx.clock() })
  const holds = (await listHolds(ctx, { project })).filter((hold) => hold.dataset === of.dataset)
  const spans = await eventSpans(ctx, dataset, limit)
  const items = fates.slice(0, limit).map(({ version, goes, because }) => ({
    version,
    goes,
    because,
    holds: holds.filter((hold) => (hold.version ?? version) === version).map(({ id }) => id),
    ...(spans.get(version) ?? { oldestEvent: null, newestEvent: null }),
  }))
  return { rules, items }
}

type Span = Pick<VersionMark, 'oldestEvent' | 'newestEvent'>

async function eventSpans(
  ctx: Context,
  { project, name, timestamp_column: column }: DatasetRow,
  limit: number,
): Promise<Map<number, Span>> {
  const spans = new Map<number, Span>()
  if (column === null) return spans
  const rows = await readData(ctx)
    .selectFrom('data_versions')
    .select(['version', 'profile'])
    .where('project', '=', project)
    .where('dataset', '=', name)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
  for (const { version, profile } of rows) {
    const time = parseStored<DataProfile>(profile).columns.find((each) => each.name === column)
    if (time?.type !== 'timestamp') continue
    spans.set(version, { oldestEvent: instant(time.minimum), newestEvent: instant(time.maximum) })
  }
  return spans
}

function instant(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
