import { useParams } from '@tanstack/react-router'
import { Digest } from '../../parts/copyable.tsx'
import { Instant } from '../../parts/instant.tsx'
import { bytesText, counted } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { Status } from '../../parts/status.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { type DataVersionDetail, useVersion } from './data-reads.ts'
import { FolderBrowser } from './folder-browser.tsx'
import { VersionChanges } from './version-changes.tsx'
import { VersionColumns } from './version-columns.tsx'
import { VersionPreview } from './version-preview.tsx'
import { VersionUsesTab } from './version-uses.tsx'
import { VersionVerdict } from './version-verdict.tsx'

/** One version: what changed, whether it may be used, what is in it. */
export function VersionPage() {
  const { dataset = '', version: reference = '' } = useParams({ strict: false })
  const version = useVersion(dataset, reference)
  const crumbs = [
    { to: places.data(), label: 'Data' },
    { to: places.dataset(dataset), label: dataset },
  ]
  return (
    <PageOf query={version} title={`v${reference}`} crumbs={crumbs}>
      {(data) => <VersionFrame version={data} crumbs={crumbs} />}
    </PageOf>
  )
}

interface VersionFrameProps {
  version: DataVersionDetail
  crumbs: { to: string; label: string }[]
}

function VersionFrame({ version, crumbs }: VersionFrameProps) {
  const tabs = [
    { id: 'changes', label: 'What changed' },
    { id: 'verdict', label: 'Expectations', count: version.verdict?.results.length },
    { id: 'columns', label: 'Columns', count: version.profile.columns.length },
    { id: 'preview', label: 'Preview' },
    { id: 'files', label: 'Files', count: version.files },
    { id: 'uses', label: 'Used by' },
  ]
  const tab = useTab(tabs)
  return (
    <Page
      title={`${version.dataset} v${version.version}`}
      crumbs={crumbs}
      beside={<Status state={version.state}>{version.latest ? 'latest' : version.state}</Status>}
      actions={<WhyLink subject={`data:${version.dataset}@${version.version}`} />}
      facts={<VersionFacts version={version} />}
      tabs={<Tabs tabs={tabs} label="Parts of the version" />}
    >
      {tab === 'changes' ? <VersionChanges version={version} /> : null}
      {tab === 'verdict' ? <VersionVerdict version={version} /> : null}
      {tab === 'columns' ? <VersionColumns version={version} /> : null}
      {tab === 'preview' ? <VersionPreview version={version} /> : null}
      {tab === 'files' ? <FolderBrowser version={version} /> : null}
      {tab === 'uses' ? <VersionUsesTab version={version} /> : null}
    </Page>
  )
}

function VersionFacts({ version }: { version: DataVersionDetail }) {
  return (
    <>
      <span>{version.rows === null ? 'not a table' : counted(version.rows, 'row')}</span>
      <span>{bytesText(version.sizeBytes)}</span>
      <span>{counted(version.files, 'file')}</span>
      <span>
        committed <Instant at={version.createdAt} /> by {version.author}
      </span>
      <Digest value={version.digest} />
      {version.gitCommit === null ? null : (
        <span className="row">
          commit <Digest value={version.gitCommit} length={8} />
        </span>
      )}
      {version.message === '' ? null : <span>“{version.message}”</span>}
    </>
  )
}
