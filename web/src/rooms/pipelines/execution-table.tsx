import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant, Took } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { type Execution, useExecutions } from './pipeline-reads.ts'

interface ExecutionTableProps {
  /** Empty: of all pipelines. */
  pipeline: string
  title: string
  limit: number
}

/** Executions with what caused them. */
export function ExecutionTable({ pipeline, title, limit }: ExecutionTableProps) {
  const executions = useExecutions(pipeline, limit)
  return (
    <Section title={title} flush>
      <Loaded query={executions}>
        {({ items }) => (
          <DataTable
            label={title}
            rows={items}
            rowKey={({ id }) => id}
            rowTo={({ id }) => places.execution(id)}
            empty={<Empty icon="play" title="Nothing was executed yet" commands={['gyre repro']} />}
            columns={[
              { id: 'pipeline', header: 'Pipeline', cell: ({ pipeline: name }) => name },
              { id: 'state', header: 'State', cell: ({ state }) => <Status state={state} plain /> },
              { id: 'cause', header: 'Cause', cell: causeOf },
              { id: 'reason', header: 'How it went', prose: true, cell: ({ reason }) => reason },
              {
                id: 'at',
                header: 'Started',
                cell: ({ startedAt, createdAt }) => <Instant at={startedAt ?? createdAt} />,
              },
              { id: 'took', header: 'Took', align: 'end', cell: tookOf },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function causeOf({ cause, actor }: Execution) {
  return cause === null ? <span className="quiet">{actor}</span> : <SubjectLink subject={cause} />
}

function tookOf({ startedAt, endedAt }: Execution) {
  return startedAt === null ? '–' : <Took from={startedAt} to={endedAt} />
}
