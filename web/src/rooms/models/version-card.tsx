import { DownloadLink } from '../../parts/download-link.tsx'
import { FramedMarkdown } from '../../parts/framed.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { type ModelVersion, useCard } from './model-reads.ts'

/** The model card, as the record tells it now. */
export function VersionCard({ version }: { version: ModelVersion }) {
  const project = useProject()
  const card = useCard(version.model, version.version)
  const place = [project, 'models', version.model, 'versions', String(version.version)]
  const address = `/api/v1/projects/${place.map(encodeURIComponent).join('/')}/card`
  return (
    <Section
      title="Model card"
      hint="Written from the record; what it does not know is said to be unknown"
      actions={<DownloadLink address={address} name={`${version.model}-v${version.version}.md`} />}
      flush
    >
      <Loaded query={card}>
        {(text) => (
          <FramedMarkdown title={`Card of ${version.model} v${version.version}`} text={text} />
        )}
      </Loaded>
    </Section>
  )
}
