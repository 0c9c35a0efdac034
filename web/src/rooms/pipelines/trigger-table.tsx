import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { type Trigger, useTriggers } from './pipeline-reads.ts'
import { triggerText } from './trigger-text.ts'

/** What starts pipelines, and when each last did. */
export function TriggerTable() {
  const triggers = useTriggers()
  return (
    <Section title="Triggers" hint="Each fires once per cause" flush>
      <Loaded query={triggers}>
        {({ items }) => (
          <DataTable
            label="Triggers"
            rows={items}
            rowKey={({ name }) => name}
            rowTo={({ name }) => places.trigger(name)}
            empty={
              <Empty icon="clock" title="No trigger yet" commands={['gyre apply']}>
                Declare them under <code>triggers:</code> in <code>gyre.yaml</code>: on an alarm, on
                new data, on a schedule.
              </Empty>
            }
            columns={[
              { id: 'name', header: 'Name', cell: ({ name }) => name },
              { id: 'state', header: 'State', cell: stateOf },
              { id: 'when', header: 'Fires', cell: ({ declaration }) => triggerText(declaration) },
              {
                id: 'runs',
                header: 'Runs',
                cell: ({ declaration }) => <SubjectLink subject={`pipeline:${declaration.run}`} />,
              },
              { id: 'last', header: 'Last fired', cell: lastOf },
              {
                id: 'next',
                header: 'Next',
                cell: ({ nextAt }) =>
                  nextAt === null ? <span className="faint">–</span> : <Instant at={nextAt} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function stateOf({ enabled }: Trigger) {
  return <Status state={enabled ? 'enabled' : 'disabled'} plain />
}

function lastOf({ lastFiredAt, lastExecution }: Trigger) {
  if (lastFiredAt === null) return <span className="faint">never</span>
  return (
    <span className="row">
      <Instant at={lastFiredAt} />
      {lastExecution === null ? null : <SubjectLink subject={`execution:${lastExecution}`} />}
    </span>
  )
}
