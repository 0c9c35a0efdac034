import { useParams } from '@tanstack/react-router'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { metricText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { AliasMark } from './alias-mark.tsx'
import { AliasHistory } from './alias-history.tsx'
import { CompareVersions } from './compare-versions.tsx'
import { DeclaredGate } from './declared-gate.tsx'
import { type ModelVersion, useModel, useModelVersions } from './model-reads.ts'
import { MetricTrend } from './metric-trend.tsx'
import { ModelKeeping } from './model-keeping.tsx'
import { PointersThen } from './pointers-then.tsx'
import { StageHistory } from './stage-history.tsx'

const crumbs = [{ to: places.models(), label: 'Models' }]

/** One model: its versions and which of them were trusted when. */
export function ModelPage() {
  const { model: name = '' } = useParams({ strict: false })
  const model = useModel(name)
  const versions = useModelVersions(name)
  const tabs = [
    { id: 'versions', label: 'Versions', count: versions.data?.items.length },
    { id: 'history', label: 'History' },
    { id: 'compare', label: 'Compare' },
    { id: 'gate', label: 'Gate', count: model.data?.gate.length },
    { id: 'keeping', label: 'Keeping' },
  ]
  const tab = useTab(tabs)
  return (
    <Page
      title={name}
      crumbs={crumbs}
      beside={
        <span className="row">
          {model.data?.aliases.map(({ alias, version }) => (
            <AliasMark key={alias} alias={alias}>{`v${version}`}</AliasMark>
          ))}
        </span>
      }
      actions={<WhyLink subject={`model:${name}`} />}
      facts={model.data?.description === '' ? undefined : model.data?.description}
      tabs={<Tabs tabs={tabs} label="Parts of the model" />}
    >
      {tab === 'versions' ? (
        <>
          <MetricTrend versions={versions.data?.items ?? []} />
          <Section title="Versions" flush>
            <Loaded query={versions}>
              {({ items }) => <VersionTable model={name} versions={items} />}
            </Loaded>
          </Section>
        </>
      ) : null}
      {tab === 'history' ? (
        <>
          <PointersThen model={name} />
          <AliasHistory model={name} />
          <StageHistory model={name} />
        </>
      ) : null}
      {tab === 'compare' ? (
        <CompareVersions model={name} versions={versions.data?.items ?? []} />
      ) : null}
      {tab === 'keeping' ? <ModelKeeping model={name} /> : null}
      {tab === 'gate' ? (
        <Loaded query={model}>{(data) => <DeclaredGate model={data} />}</Loaded>
      ) : null}
    </Page>
  )
}

function VersionTable({ model, versions }: { model: string; versions: readonly ModelVersion[] }) {
  return (
    <DataTable
      label="Versions"
      rows={versions}
      rowKey={({ version }) => String(version)}
      rowTo={({ version }) => places.modelVersion(model, version)}
      empty={
        <Empty
          icon="models"
          title="No version yet"
          commands={[`gyre models register model/ --name ${model}`]}
        />
      }
      columns={[
        { id: 'version', header: 'Version', cell: ({ version }) => `v${version}` },
        {
          id: 'aliases',
          header: 'Aliases',
          cell: ({ aliases }) => (
            <span className="row">
              {aliases.map((alias) => (
                <AliasMark key={alias} alias={alias} />
              ))}
            </span>
          ),
        },
        {
          id: 'stage',
          header: 'Stage',
          cell: ({ stage }) => (stage === 'None' ? <span className="faint">–</span> : stage),
        },
        { id: 'gate', header: 'Gate', cell: ({ gate }) => <GateMark gate={gate} /> },
        {
          id: 'auc',
          header: 'AUC',
          align: 'end',
          cell: ({ metrics }) => metricText(metrics.auc?.value),
        },
        {
          id: 'loss',
          header: 'Log loss',
          align: 'end',
          cell: ({ metrics }) => metricText(metrics.log_loss?.value),
        },
        {
          id: 'brier',
          header: 'Brier',
          align: 'end',
          cell: ({ metrics }) => metricText(metrics.brier?.value),
        },
        { id: 'learner', header: 'Learner', cell: ({ learner }) => learner },
        {
          id: 'by',
          header: 'By',
          secondary: true,
          cell: ({ createdBy }) => <span className="quiet">{createdBy}</span>,
        },
        { id: 'at', header: 'Registered', cell: ({ createdAt }) => <Instant at={createdAt} /> },
      ]}
    />
  )
}

export function GateMark({ gate }: { gate: ModelVersion['gate'] }) {
  return gate === 'undecided' ? (
    <Status state="waiting" plain>
      undecided
    </Status>
  ) : (
    <Status state={gate} plain />
  )
}
