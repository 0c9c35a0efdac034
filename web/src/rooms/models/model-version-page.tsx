import { useParams } from '@tanstack/react-router'
import { Instant } from '../../parts/instant.tsx'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { AliasMark } from './alias-mark.tsx'
import { GateEvidence } from './gate-evidence.tsx'
import { GateMark } from './model-page.tsx'
import { type ModelVersion, useModelVersion } from './model-reads.ts'
import { VersionCard } from './version-card.tsx'
import { VersionMaking } from './version-making.tsx'
import { VersionReviews } from './version-reviews.tsx'

const tabs = [
  { id: 'gate', label: 'Gate and evidence' },
  { id: 'making', label: 'How it was made' },
  { id: 'reviews', label: 'Reviews' },
  { id: 'card', label: 'Card' },
]

/** One version: whether it may serve, why, and what it was made from. */
export function ModelVersionPage() {
  const { model = '', version: reference = '' } = useParams({ strict: false })
  const version = useModelVersion(model, reference)
  const crumbs = [
    { to: places.models(), label: 'Models' },
    { to: places.model(model), label: model },
  ]
  return (
    <PageOf query={version} title={`${model} v${reference}`} crumbs={crumbs}>
      {(data) => <VersionFrame version={data} crumbs={crumbs} />}
    </PageOf>
  )
}

interface VersionFrameProps {
  version: ModelVersion
  crumbs: { to: string; label: string }[]
}

function VersionFrame({ version, crumbs }: VersionFrameProps) {
  const tab = useTab(tabs)
  return (
    <Page
      title={`${version.model} v${version.version}`}
      crumbs={crumbs}
      beside={
        <span className="row">
          <GateMark gate={version.gate} />
          {version.stage === 'None' ? null : <span className="quiet">{version.stage}</span>}
          {version.aliases.map((alias) => (
            <AliasMark key={alias} alias={alias} />
          ))}
        </span>
      }
      actions={<WhyLink subject={`model:${version.model}@${version.version}`} />}
      facts={
        <>
          <span>{version.learner}</span>
          {version.run === null ? null : <SubjectLink subject={`run:${version.run}`} />}
          <span>
            registered <Instant at={version.createdAt} /> by {version.createdBy}
          </span>
          {version.description === '' ? null : <span>{version.description}</span>}
        </>
      }
      tabs={<Tabs tabs={tabs} label="Parts of the version" />}
    >
      {tab === 'gate' ? <GateEvidence version={version} /> : null}
      {tab === 'making' ? <VersionMaking version={version} /> : null}
      {tab === 'reviews' ? <VersionReviews version={version} /> : null}
      {tab === 'card' ? <VersionCard version={version} /> : null}
    </Page>
  )
}
