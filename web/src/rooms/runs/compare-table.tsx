import { Anchor } from '../../parts/anchor.tsx'
import tableCss from '../../parts/data-table.module.css'
import { Instant } from '../../parts/instant.tsx'
import { places } from '../../parts/places.ts'
import { seriesColor } from '../../parts/series-color.ts'
import { Status } from '../../parts/status.tsx'
import { subjectText } from '../../parts/subject-link.tsx'
import css from './compare-table.module.css'
import { measuredText } from './measured-text.ts'
import type { Run } from './run-reads.ts'

interface CompareRow {
  key: string
  values: (string | undefined)[]
}

/** One column for each run, one row for each fact; what differs is marked. */
export function CompareTable({
  runs,
  onlyDifferent,
}: {
  runs: readonly Run[]
  onlyDifferent: boolean
}) {
  return (
    <div className={tableCss['scroll']} role="group" aria-label="Comparison" tabIndex={0}>
      <table className={`${tableCss['table']} ${css['table']}`} aria-label="Comparison">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Fact</span>
            </th>
            {runs.map((run, index) => (
              <th key={run.id} scope="col">
                <Anchor to={places.run(run.id)} className={css['run']}>
                  <i style={{ background: seriesColor(index) }} aria-hidden="true" />
                  {run.name}
                </Anchor>
                <span className={css['facts']}>
                  <Status state={run.status} plain />
                  {run.startedAt === null ? null : <Instant at={run.startedAt} />}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <RowGroup
          title="Metrics"
          rows={metricRows(runs)}
          onlyDifferent={onlyDifferent}
          count={runs.length}
        />
        <RowGroup
          title="Parameters"
          rows={parameterRows(runs)}
          onlyDifferent={onlyDifferent}
          count={runs.length}
        />
        <RowGroup
          title="Made from"
          rows={inputRows(runs)}
          onlyDifferent={onlyDifferent}
          count={runs.length}
        />
      </table>
    </div>
  )
}

interface RowGroupProps {
  title: string
  rows: readonly CompareRow[]
  onlyDifferent: boolean
  count: number
}

function RowGroup({ title, rows, onlyDifferent, count }: RowGroupProps) {
  const shown = onlyDifferent ? rows.filter(differs) : rows
  return (
    <tbody>
      <tr className={css['group']}>
        <th scope="colgroup" colSpan={count + 1}>
          {title}
          {shown.length === 0 ? (
            <span className="quiet"> – {rows.length === 0 ? 'none' : 'all equal'}</span>
          ) : null}
        </th>
      </tr>
      {shown.map((row) => (
        <tr key={row.key} data-differs={differs(row)} className={css['row']}>
          <th scope="row">{row.key}</th>
          {row.values.map((value, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- the place is the run's
            <td key={index}>{value ?? <span className="faint">–</span>}</td>
          ))}
        </tr>
      ))}
    </tbody>
  )
}

function differs({ values }: CompareRow): boolean {
  return new Set(values).size > 1
}

function metricRows(runs: readonly Run[]): CompareRow[] {
  return keysOf(runs.map(({ metrics }) => metrics)).map((key) => ({
    key,
    values: runs.map(({ metrics }) =>
      metrics[key] === undefined ? undefined : measuredText(metrics[key]),
    ),
  }))
}

function parameterRows(runs: readonly Run[]): CompareRow[] {
  return keysOf(runs.map(({ parameters }) => parameters)).map((key) => ({
    key,
    values: runs.map(({ parameters }) => parameters[key]),
  }))
}

function inputRows(runs: readonly Run[]): CompareRow[] {
  const named = runs.map(({ inputs }) =>
    Object.fromEntries(
      inputs.map((subject) => [subject.split('@')[0] ?? subject, subjectText(subject)]),
    ),
  )
  return keysOf(named).map((key) => ({ key, values: named.map((names) => names[key]) }))
}

function keysOf(maps: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(maps.flatMap((map) => Object.keys(map)))].toSorted()
}
