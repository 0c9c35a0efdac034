import { Select } from '@mantine/core'
import { useUrlText } from '../../parts/url-state.ts'
import { fieldOf } from './run-columns.ts'
import { useRunColumns } from './run-reads.ts'

const mostListed = 100

/** By what runs are gathered; nothing: each run is a row. */
export function GroupSelect({ experiment }: { experiment: string }) {
  const [by, setBy] = useUrlText('group')
  const keys = useRunColumns(experiment)
  const { parameters = [], tags = [] } = keys.data ?? {}
  const named = (kind: 'params' | 'tags', names: readonly string[]) =>
    names
      .slice(0, mostListed)
      .map((key) => ({ value: fieldOf({ id: `${kind}.${key}`, kind, key }), label: key }))
  return (
    <Select
      size="sm"
      aria-label="Group runs by"
      placeholder="Not grouped"
      clearable
      searchable
      value={by === '' ? null : by}
      onChange={(value) => setBy(value ?? '')}
      data={[
        { value: 'attributes.status', label: 'Status' },
        { value: 'attributes.user_id', label: 'User' },
        { group: 'Parameters', items: named('params', parameters) },
        { group: 'Tags', items: named('tags', tags) },
      ]}
      style={{ width: 160, flex: 'none' }}
    />
  )
}
