import { fileKindOf } from '../../parts/file-kind.ts'
import { FileView } from '../../parts/file-view.tsx'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'

/** A look into one artifact of a run. */
export function ArtifactPreview({ run, path }: { run: string; path: string }) {
  const project = useProject()
  const params = { project, run }
  return (
    <Section title={path.split('/').at(-1) ?? path} flush={fileKindOf(path) === 'table'}>
      <FileView
        path={path}
        reads={{
          key: ['runs', project, run, path],
          watch: [`run:${run}`],
          content: (client) => client.runs.downloadArtifact({ params, query: { path } }),
          table: (client) => client.runs.previewArtifact({ params, query: { path } }),
          view: (client) => client.runs.viewArtifact({ params, body: { path } }),
        }}
      />
    </Section>
  )
}
