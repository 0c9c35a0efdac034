import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { ExecutionTable } from './execution-table.tsx'
import { usePipelines } from './pipeline-reads.ts'
import { TriggerTable } from './trigger-table.tsx'

const tabs = [
  { id: 'pipelines', label: 'Pipelines' },
  { id: 'executions', label: 'Executions' },
  { id: 'triggers', label: 'Triggers' },
]

/** Pipelines, what they did, and what starts them. */
export function PipelinesPage() {
  const tab = useTab(tabs)
  return (
    <Page title="Pipelines" tabs={<Tabs tabs={tabs} label="Parts of the pipelines" />}>
      {tab === 'pipelines' ? (
        <>
          <PipelineSection />
          <ExecutionTable pipeline="" title="Last executions" limit={10} />
        </>
      ) : null}
      {tab === 'executions' ? <ExecutionTable pipeline="" title="Executions" limit={200} /> : null}
      {tab === 'triggers' ? <TriggerTable /> : null}
    </Page>
  )
}

function PipelineSection() {
  const pipelines = usePipelines()
  return (
    <Section title="Registered pipelines" hint="Plain dvc.yaml files" flush>
      <Loaded query={pipelines}>
        {({ items }) => (
          <DataTable
            label="Registered pipelines"
            rows={items}
            rowKey={({ name }) => name}
            rowTo={({ name }) => places.pipeline(name)}
            empty={
              <Empty
                icon="pipelines"
                title="No pipeline yet"
                commands={['gyre repro', 'gyre apply']}
              >
                Run a <code>dvc.yaml</code> here and now, or name it under <code>pipelines:</code>{' '}
                in <code>gyre.yaml</code> so that triggers can start it.
              </Empty>
            }
            columns={[
              { id: 'name', header: 'Name', cell: ({ name }) => name },
              { id: 'stages', header: 'Stages', align: 'end', cell: ({ stages }) => stages.length },
              {
                id: 'state',
                header: 'File',
                cell: ({ problem }) =>
                  problem === null ? (
                    <Status state="valid" plain>
                      can be read
                    </Status>
                  ) : (
                    <Status state="broken" plain>
                      {problem}
                    </Status>
                  ),
              },
              {
                id: 'directory',
                header: 'Directory',
                cell: ({ directory, file }) => <code>{`${directory}/${file}`}</code>,
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}
