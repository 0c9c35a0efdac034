import { useClient, useRead } from '../../parts/client.tsx'
import { Snippet } from '../../parts/copyable.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'

const mostBytes = 200_000

/** The beginning of a file, if it is text. */
export function ArtifactPreview({ run, path }: { run: string; path: string }) {
  const project = useProject()
  const client = useClient()
  const text = useRead(
    ['runs', 'preview', project, run, path],
    async () =>
      readText(await client.runs.downloadArtifact({ params: { project, run }, query: { path } })),
    { watch: [`run:${run}`] },
  )
  return (
    <Section title={path.split('/').at(-1) ?? path}>
      <Loaded query={text}>
        {(content) =>
          content === null ? (
            <p className="quiet">This file is not text. Download it to look inside.</p>
          ) : (
            <Snippet label={`Content of ${path}`}>{content}</Snippet>
          )
        }
      </Loaded>
    </Section>
  )
}

/** At most the first 200 kB; nothing when there are zero bytes or broken UTF-8 among them. */
async function readText(answer: { content: AsyncIterable<Uint8Array> }): Promise<string | null> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  try {
    for await (const chunk of answer.content) {
      if (chunk.includes(0)) return null
      text += decoder.decode(chunk, { stream: true })
      size += chunk.length
      if (size > mostBytes) return `${text.slice(0, mostBytes)}\n… cut off here`
    }
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
  return text
}
