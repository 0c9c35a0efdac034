import type { ReactNode } from 'react'
import { Anchor } from './anchor.tsx'
import css from './data-table.module.css'
import { Icon } from './icon.tsx'
import { moveAlongRows } from './row-keys.ts'

export interface Column<Row> {
  id: string
  header: ReactNode
  cell: (row: Row) => ReactNode
  /** Numbers stand at the end. */
  align?: 'start' | 'end'
  /** Left out where the screen is narrow. */
  secondary?: boolean
  /** A sentence: it keeps a width at which it can be read. */
  prose?: boolean
  /** Any CSS width; without it the content decides. */
  width?: string
  /** Given when rows can be sorted by it. */
  sort?: SortState
}

export interface SortState {
  direction: 'ascending' | 'descending' | 'none'
  toggle: () => void
}

interface DataTableProps<Row> {
  /** What the table holds, for those who cannot see it. */
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** Where a row leads: its first cell becomes the link, and the whole row follows it. */
  rowTo?: (row: Row) => string
  /** Marks a row: chosen, wrong. */
  rowMark?: (row: Row) => 'chosen' | 'bad' | undefined
  empty?: ReactNode
}

/** A plain table. Arrow keys, j and k walk along its rows; Enter follows. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, empty } = props
  if (rows.length === 0 && empty !== undefined) return <>{empty}</>
  return (
    <div
      className={css['scroll']}
      role="group"
      aria-label={label}
      tabIndex={0}
      onKeyDown={moveAlongRows}
    >
      <table className={css['table']} aria-label={label}>
        <TableHead columns={columns} />
        <tbody>
          {rows.map((row) => (
            <TableRow key={rowKey(row)} row={row} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function TableHead<Row>({ columns }: { columns: readonly Column<Row>[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th
            key={column.id}
            scope="col"
            className={cellClass(column)}
            style={column.width === undefined ? undefined : { width: column.width }}
            aria-sort={column.sort?.direction}
          >
            {column.sort === undefined ? (
              column.header
            ) : (
              <SortButton column={column} sort={column.sort} />
            )}
          </th>
        ))}
      </tr>
    </thead>
  )
}

function SortButton<Row>({ column, sort }: { column: Column<Row>; sort: SortState }) {
  return (
    <button type="button" className={css['sort']} data-align={column.align} onClick={sort.toggle}>
      <span>{column.header}</span>
      <span className={sort.direction === 'none' ? css['unsorted'] : undefined}>
        <Icon name={sort.direction === 'ascending' ? 'up' : 'down'} size={12} />
      </span>
    </button>
  )
}

interface TableRowProps<Row> extends Pick<DataTableProps<Row>, 'columns' | 'rowTo' | 'rowMark'> {
  row: Row
  height?: number
}

export function TableRow<Row>({ row, columns, rowTo, rowMark, height }: TableRowProps<Row>) {
  const to = rowTo?.(row)
  const mark = rowMark?.(row)
  return (
    <tr
      className={`${to === undefined ? '' : css['linked']} ${mark === undefined ? '' : css[mark]}`}
      style={height === undefined ? undefined : { height }}
    >
      {columns.map((column, index) => (
        <td key={column.id} className={cellClass(column)}>
          {to !== undefined && index === firstTextColumn(columns) ? (
            <Anchor to={to} className={css['cover']} data-row-link="">
              {column.cell(row)}
            </Anchor>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  )
}

function cellClass<Row>({ align, secondary, prose }: Column<Row>): string {
  const names = [
    align === 'end' && 'end',
    secondary === true && 'secondary',
    prose === true && 'prose',
  ]
  return names.flatMap((name) => (name === false ? [] : (css[name] ?? []))).join(' ')
}

/** A column of choices comes before the one that names the row. */
function firstTextColumn<Row>(columns: readonly Column<Row>[]): number {
  return columns[0]?.id === 'choice' ? 1 : 0
}
