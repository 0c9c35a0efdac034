import { Anchor } from '../../parts/anchor.tsx'
import { Instant } from '../../parts/instant.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { bytesText, countText, signedText } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { rangeText } from '../../parts/time-text.ts'
import type { DataVersion } from './data-reads.ts'
import { fateText } from './fate-text.ts'
import { HoldButton } from './holds-section.tsx'
import type { VersionMark } from './keeping-reads.ts'
import { VerdictMark } from './verdict-mark.tsx'

interface ChosenVersionProps {
  version: DataVersion
  mark: VersionMark | undefined
  before: DataVersion | undefined
}

/** What the chosen version of the time line is, and where to look closer. */
export function ChosenVersion({ version, mark, before }: ChosenVersionProps) {
  const to = places.dataVersion(version.dataset, version.version)
  return (
    <Section
      title={`Version ${version.version}`}
      hint={version.summary}
      actions={<HoldButton dataset={version.dataset} version={version.version} />}
    >
      <div className="stack-tight">
        <KeyValues
          wide
          items={[
            ['State', <Status key="state" state={version.state} plain />],
            ['Expectations', <VerdictMark key="verdict" version={version} />],
            ['Rows', version.rows === null ? 'not a table' : grown(version.rows, before?.rows)],
            ['Size', bytesText(version.sizeBytes)],
            ['Files', grown(version.files, before?.files)],
            ['Committed', <Committed key="committed" version={version} />],
            ...(mark?.oldestEvent === null || mark?.newestEvent === null || mark === undefined
              ? []
              : ([['Events', rangeText(mark.oldestEvent, mark.newestEvent)]] as const)),
            ...(mark === undefined ? [] : ([['Retention', fateText(mark.because)]] as const)),
          ]}
        />
        <nav className="row" aria-label={`Parts of version ${version.version}`}>
          <Anchor to={to}>What changed</Anchor>
          <Anchor to={`${to}?tab=columns`}>Columns</Anchor>
          <Anchor to={`${to}?tab=files`}>Files</Anchor>
          <Anchor to={`${to}?tab=uses`}>Used by</Anchor>
        </nav>
      </div>
    </Section>
  )
}

function Committed({ version }: { version: DataVersion }) {
  return (
    <span>
      <Instant at={version.createdAt} /> by {version.author}
      {version.message === '' ? '' : `: “${version.message}”`}
    </span>
  )
}

function grown(count: number, before: number | null | undefined): string {
  if (before === null || before === undefined || before === count) return countText(count)
  return `${countText(count)} (${signedText(count - before)})`
}
