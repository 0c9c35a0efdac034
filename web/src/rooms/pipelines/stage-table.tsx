import { DataTable } from '../../parts/data-table.tsx'
import { Section } from '../../parts/section.tsx'
import type { Pipeline } from './pipeline-reads.ts'

/** What each stage runs, needs and makes. */
export function StageTable({ stages }: { stages: Pipeline['stages'] }) {
  if (stages.length === 0) return null
  return (
    <Section title="What the stages do" flush>
      <DataTable
        label="What the stages do"
        rows={stages}
        rowKey={({ name }) => name}
        columns={[
          { id: 'name', header: 'Stage', cell: ({ name }) => <b>{name}</b> },
          {
            id: 'command',
            header: 'Command',
            cell: ({ command }) => <code>{command.join(' && ')}</code>,
          },
          {
            id: 'needs',
            header: 'Needs',
            cell: ({ dependencies, parameters }) => (
              <PathList paths={[...dependencies, ...parameters]} />
            ),
          },
          {
            id: 'makes',
            header: 'Makes',
            cell: ({ outputs, metrics }) => <PathList paths={[...outputs, ...metrics]} />,
          },
        ]}
      />
    </Section>
  )
}

function PathList({ paths }: { paths: readonly string[] }) {
  if (paths.length === 0) return <span className="faint">–</span>
  return (
    <ul>
      {paths.slice(0, 6).map((path) => (
        <li key={path}>
          <code>{path}</code>
        </li>
      ))}
      {paths.length > 6 ? <li className="quiet">and {paths.length - 6} more</li> : null}
    </ul>
  )
}
