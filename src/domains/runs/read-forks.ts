import type { ForkedRun, Run } from './run.ts'
import type { RunsReader } from './store.ts'

/** So many of a run's forks are told. */
const mostForks = 100

/** What a run was continued from, and what was continued from it. */
export async function readForks(
  db: RunsReader,
  run: string,
): Promise<Pick<Run, 'forkedFrom' | 'forks' | 'rewinds'>> {
  const all = db
    .selectFrom('run_forks')
    .select(['run_id', 'source_run', 'step', 'kind', 'created_at'])
  const of = all.where('source_run', '=', run).orderBy('created_at', 'desc').limit(mostForks)
  const from = all.where('run_id', '=', run)
  const rows = [...(await from.execute()), ...(await of.execute())]
  if (rows.length === 0) return { forkedFrom: null, forks: [], rewinds: [] }
  const others = rows.map((row) => (row.run_id === run ? row.source_run : row.run_id))
  const named = await db
    .selectFrom('runs')
    .select(['id', 'name'])
    .where('id', 'in', others)
    .execute()
  const names = new Map(named.map(({ id, name }) => [id, name]))
  const told = rows.map((row, i): ForkedRun & { isFrom: boolean; kind: string } => {
    const other = others[i] ?? ''
    const { step, kind, created_at: at } = row
    return {
      run: other,
      name: names.get(other) ?? other,
      step,
      at,
      kind,
      isFrom: row.run_id === run,
    }
  })
  const pick = (wanted: (one: (typeof told)[number]) => boolean): ForkedRun[] =>
    told.filter(wanted).map(({ run: id, name, step, at }) => ({ run: id, name, step, at }))
  return {
    forkedFrom: pick((one) => one.isFrom)[0] ?? null,
    forks: pick((one) => !one.isFrom && one.kind === 'fork'),
    rewinds: pick((one) => !one.isFrom && one.kind === 'rewind'),
  }
}
