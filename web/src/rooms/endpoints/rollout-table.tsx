import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant, Took } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { type Rollout, useRollouts } from './endpoint-reads.ts'

/** Every release of an endpoint and how it ended. */
export function RolloutTable({ endpoint }: { endpoint: string }) {
  const rollouts = useRollouts(endpoint)
  return (
    <Section title="Rollouts" flush>
      <Loaded query={rollouts}>
        {({ items }) => (
          <DataTable
            label="Rollouts"
            rows={items}
            rowKey={({ id }) => id}
            rowTo={({ id }) => places.rollout(id)}
            empty={
              <Empty
                icon="endpoints"
                title="No release yet"
                commands={[`gyre deploy ${endpoint} --version latest`]}
              />
            }
            columns={[
              { id: 'version', header: 'Release', cell: versionsOf },
              { id: 'state', header: 'State', cell: ({ state }) => <Status state={state} plain /> },
              { id: 'reason', header: 'How it went', prose: true, cell: ({ reason }) => reason },
              {
                id: 'cause',
                header: 'Started because',
                secondary: true,
                cell: ({ cause }) => cause,
              },
              { id: 'at', header: 'Started', cell: ({ startedAt }) => <Instant at={startedAt} /> },
              {
                id: 'took',
                header: 'Took',
                align: 'end',
                cell: (each) => <Took from={each.startedAt} to={each.endedAt} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function versionsOf({ previous, version }: Rollout) {
  return previous === null ? `v${version}` : `v${previous} → v${version}`
}
