import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { TablePreview } from '../../parts/table-preview.tsx'
import { type DataVersionDetail, usePreview } from './data-reads.ts'

/** The first rows as they are. */
export function VersionPreview({ version }: { version: DataVersionDetail }) {
  const preview = usePreview(version.dataset, String(version.version))
  return (
    <Section title="First rows" flush>
      <Loaded query={preview}>
        {(data) => <TablePreview label="First rows" preview={data} />}
      </Loaded>
    </Section>
  )
}
