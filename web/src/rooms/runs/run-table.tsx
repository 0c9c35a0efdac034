import { Checkbox } from '@mantine/core'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useMemo, useRef } from 'react'
import { type Column, type SortState, TableHead, TableRow } from '../../parts/data-table.tsx'
import tableCss from '../../parts/data-table.module.css'
import { Instant, Took } from '../../parts/instant.tsx'
import { metricText } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { moveAlongRows } from '../../parts/row-keys.ts'
import { RowSpacer } from '../../parts/row-spacer.tsx'
import { StatusShape, stateText } from '../../parts/status.tsx'
import { toneOf } from '../../parts/state-tones.ts'
import { useUrlList, useUrlText } from '../../parts/url-state.ts'
import { useShownColumns } from './column-menu.tsx'
import { chosenWidthPx, useColumnsInSight } from './columns-in-sight.ts'
import { columnTitle, columnValue, fieldOf, isMeasured, type RunColumn } from './run-columns.ts'
import type { RunSummary } from './run-reads.ts'
import css from './run-table.module.css'

const rowHeight = 36

interface RunTableProps {
  pages: UseInfiniteQueryResult<{ pages: { items: RunSummary[]; total: number }[] }>
  empty: ReactNode
}

/** Draws only the rows in sight and asks for the next page before its end is reached. */
export function RunTable({ pages, empty }: RunTableProps) {
  const runs = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data])
  const total = pages.data?.pages[0]?.total ?? 0
  const scroller = useRef<HTMLDivElement>(null)
  const { fixed, chosen: measured } = useTableColumns()
  const { columns, widthPx } = useColumnsInSight(scroller, fixed, measured)
  const [chosen] = useUrlList('chosen')
  const virtual = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  const rows = virtual.getVirtualItems()
  const lastShown = rows.at(-1)?.index ?? 0
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown > runs.length - 60) void fetchNextPage()
  }, [lastShown, runs.length, hasNextPage, isFetchingNextPage, fetchNextPage])

  if (runs.length === 0) return <div className={css['frame']}>{empty}</div>
  const above = rows[0]?.start ?? 0
  const below = virtual.getTotalSize() - (rows.at(-1)?.end ?? 0)
  return (
    <div
      ref={scroller}
      className={`${css['frame']} ${css['scroller']}`}
      role="group"
      aria-label="Runs"
      tabIndex={0}
      data-waiting={pages.isPlaceholderData}
      onKeyDown={moveAlongRows}
    >
      <table
        className={`${tableCss['table']} ${css['table']}`}
        aria-label="Runs"
        aria-rowcount={total}
        aria-colcount={fixed.length + measured.length}
        style={widthPx === undefined ? undefined : { width: widthPx, tableLayout: 'fixed' }}
      >
        <TableHead columns={columns} />
        <tbody>
          <RowSpacer height={above} columns={columns.length} />
          {rows.map(({ index }) => {
            const run = runs[index]
            if (run === undefined) return null
            return (
              <TableRow
                key={run.id}
                row={run}
                columns={columns}
                height={rowHeight}
                rowTo={({ id }) => places.run(id)}
                rowMark={({ id }) => (chosen.includes(id) ? 'chosen' : undefined)}
              />
            )
          })}
          <RowSpacer height={below + (hasNextPage ? rowHeight * 6 : 0)} columns={columns.length} />
        </tbody>
      </table>
    </div>
  )
}

interface TableColumns {
  fixed: Column<RunSummary>[]
  /** Those that were chosen. */
  chosen: Column<RunSummary>[]
}

function useTableColumns(): TableColumns {
  const [experiment] = useUrlText('experiment')
  const [shown] = useShownColumns(experiment)
  const [chosen, choose] = useUrlList('chosen')
  const sortBy = useSort()
  const toggle = (id: string) =>
    choose(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id])
  const fixed: Column<RunSummary>[] = [
    {
      id: 'choice',
      width: '40px',
      header: <span className="visually-hidden">Chosen</span>,
      cell: (run) => (
        <Checkbox
          size="xs"
          aria-label={`Choose ${run.name}`}
          checked={chosen.includes(run.id)}
          onChange={() => toggle(run.id)}
        />
      ),
    },
    {
      id: 'name',
      header: 'Run',
      cell: nameOf,
      width: '240px',
      sort: sortBy('attributes.run_name'),
    },
    {
      id: 'experiment',
      header: 'Experiment',
      cell: (run) => run.experimentName,
      width: '140px',
    },
    {
      id: 'started',
      header: 'Started',
      cell: startOf,
      width: '120px',
      sort: sortBy('attributes.start_time'),
    },
    { id: 'took', header: 'Took', align: 'end', cell: tookOf, width: '90px' },
  ]
  return { fixed, chosen: shown.map((column) => chosenColumn(column, sortBy(fieldOf(column)))) }
}

function nameOf(run: RunSummary): ReactNode {
  return (
    <span className={css['name']} title={`${run.name} (${stateText(run.status)})`}>
      <StatusShape tone={toneOf(run.status)} />
      <span className="visually-hidden">{run.status}</span>
      <span className={css['text']}>{run.name}</span>
    </span>
  )
}

function startOf(run: RunSummary): ReactNode {
  return run.startedAt === null ? '–' : <Instant at={run.startedAt} />
}

function tookOf(run: RunSummary): ReactNode {
  return run.startedAt === null ? '–' : <Took from={run.startedAt} to={run.endedAt} />
}

function chosenColumn(column: RunColumn, sort: SortState): Column<RunSummary> {
  return {
    id: column.id,
    header: <span title={column.id}>{columnTitle(column)}</span>,
    width: `${chosenWidthPx}px`,
    align: isMeasured(column) ? 'end' : 'start',
    sort,
    cell: (run) => {
      const value = columnValue(run, column)
      if (value === undefined) return <span className="faint">–</span>
      return typeof value === 'number' ? (
        metricText(value)
      ) : (
        <span className={css['value']} title={value}>
          {value}
        </span>
      )
    },
  }
}

/** Sorting stands in the address as the server reads it: `metrics.auc desc`. */
function useSort(): (field: string) => SortState {
  const [order, setOrder] = useUrlText('order')
  return (field) => {
    const direction =
      order === `${field} desc` ? 'descending' : order === `${field} asc` ? 'ascending' : 'none'
    const next = { none: `${field} desc`, descending: `${field} asc`, ascending: '' }
    return { direction, toggle: () => setOrder(next[direction]) }
  }
}
