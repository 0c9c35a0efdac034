import { Button, Checkbox, Popover, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Icon } from '../../parts/icon.tsx'
import { useUrlList } from '../../parts/url-state.ts'
import css from './column-menu.module.css'
import { allColumns, firstColumns, parseColumn, type RunColumn } from './run-columns.ts'
import { useRunColumns } from './run-reads.ts'

const mostListed = 200

const titles = { metrics: 'Metrics', params: 'Parameters', tags: 'Tags' } as const

/** The columns shown: those in the address, else the first few. */
export function useShownColumns(
  experiment: string,
): [RunColumn[], (ids: readonly string[]) => void] {
  const [ids, setIds] = useUrlList('columns')
  const keys = useRunColumns(experiment)
  if (ids.length > 0) return [ids.flatMap((id) => parseColumn(id) ?? []), setIds]
  return [keys.data === undefined ? [] : firstColumns(keys.data), setIds]
}

/** Chooses which metrics, parameters and tags are columns. */
export function ColumnMenu({ experiment }: { experiment: string }) {
  const [text, setText] = useState('')
  const [shown, setShown] = useShownColumns(experiment)
  const keys = useRunColumns(experiment)
  const all = keys.data === undefined ? [] : allColumns(keys.data)
  const found = all.filter(({ id }) => id.toLowerCase().includes(text.toLowerCase()))
  const ids = shown.map(({ id }) => id)
  const toggle = (id: string) =>
    setShown(ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id])
  return (
    <Popover position="bottom-end" width={300} shadow="md" trapFocus>
      <Popover.Target>
        <Button
          size="sm"
          variant="default"
          leftSection={<Icon name="columns" size={14} />}
          style={{ flex: 'none' }}
        >
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={css['menu'] ?? ''} aria-label="Columns">
        <TextInput
          size="sm"
          aria-label="Find a column"
          placeholder="Find a column"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className={css['list']}>
          {(['metrics', 'params', 'tags'] as const).map((kind) => (
            <ColumnGroup
              key={kind}
              title={titles[kind]}
              columns={found.filter((column) => column.kind === kind)}
              shown={ids}
              toggle={toggle}
            />
          ))}
          {found.length === 0 ? <p className="quiet">No such column.</p> : null}
        </div>
        <Button size="compact-sm" variant="subtle" onClick={() => setShown([])}>
          Back to the first few
        </Button>
      </Popover.Dropdown>
    </Popover>
  )
}

interface ColumnGroupProps {
  title: string
  columns: readonly RunColumn[]
  shown: readonly string[]
  toggle: (id: string) => void
}

function ColumnGroup({ title, columns, shown, toggle }: ColumnGroupProps) {
  if (columns.length === 0) return null
  return (
    <fieldset className={css['group']}>
      <legend>{title}</legend>
      {columns.slice(0, mostListed).map((column) => (
        <div key={column.id} className={css['choice']}>
          <Checkbox
            size="xs"
            label={column.key}
            checked={shown.includes(column.id)}
            onChange={() => toggle(column.id)}
          />
          {column.kind === 'metrics' ? (
            <Extremes metric={column.key} shown={shown} toggle={toggle} />
          ) : null}
        </div>
      ))}
      {columns.length > mostListed ? (
        <p className="quiet">{columns.length - mostListed} more: type a part of the name.</p>
      ) : null}
    </fieldset>
  )
}

interface ExtremesProps {
  metric: string
  shown: readonly string[]
  toggle: (id: string) => void
}

/** Beside the latest value of a metric, its extremes over all points. */
function Extremes({ metric, shown, toggle }: ExtremesProps) {
  return (
    <span className={css['extremes']}>
      {(['min', 'max'] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          className={css['extreme']}
          aria-pressed={shown.includes(`${kind}.${metric}`)}
          aria-label={`${kind} ${metric}`}
          onClick={() => toggle(`${kind}.${metric}`)}
        >
          {kind}
        </button>
      ))}
    </span>
  )
}
