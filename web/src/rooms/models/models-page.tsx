import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { AliasMark } from './alias-mark.tsx'
import { useModels } from './model-reads.ts'

/** All registered models. */
export function ModelsPage() {
  const models = useModels()
  return (
    <Page title="Models">
      <Section title="Registered models" hint="An alias moves only where the gate lets it" flush>
        <Loaded query={models}>
          {({ items }) => (
            <DataTable
              label="Registered models"
              rows={items}
              rowKey={({ name }) => name}
              rowTo={({ name }) => places.model(name)}
              empty={
                <Empty
                  icon="models"
                  title="No model yet"
                  commands={['gyre models register model/ --name late-flights', 'gyre repro']}
                >
                  Register a version by hand, or let the pipeline’s last stage do it.
                </Empty>
              }
              columns={[
                { id: 'name', header: 'Name', cell: ({ name }) => name },
                {
                  id: 'latest',
                  header: 'Latest',
                  cell: ({ latestVersion }) => (latestVersion === null ? '–' : `v${latestVersion}`),
                },
                {
                  id: 'aliases',
                  header: 'Aliases',
                  cell: ({ aliases }) => (
                    <span className="row">
                      {aliases.map(({ alias, version }) => (
                        <AliasMark key={alias} alias={alias}>{`v${version}`}</AliasMark>
                      ))}
                    </span>
                  ),
                },
                { id: 'gate', header: 'Gate', cell: ({ gate }) => `${gate.length} checks` },
                {
                  id: 'about',
                  header: 'About',
                  cell: ({ description }) => <span className="quiet">{description}</span>,
                },
                {
                  id: 'updated',
                  header: 'Changed',
                  cell: ({ updatedAt }) => <Instant at={updatedAt} />,
                },
              ]}
            />
          )}
        </Loaded>
      </Section>
    </Page>
  )
}
