import { useRead } from '../../parts/client.tsx'
import { Command, Digest } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Anchor } from '../../parts/anchor.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { subjectText } from '../../parts/subject-link.tsx'

/** What keeps a blob, of what the reader may see. */
export function BlobPage({ subject, sha256 }: { subject: string; sha256: string }) {
  const reasons = useRead(
    ['store', 'blob', sha256],
    (client) => client.store.explainBlob({ params: { sha256 } }),
    { watch: ['data', 'run', 'model', 'remote'] },
  )
  return (
    <Page
      title={`Why ${subjectText(subject)}`}
      crumbs={[{ to: places.data(), label: 'Data' }]}
      facts={<Digest value={sha256} length={64} />}
      actions={<Anchor to={places.lineage(subject)}>Show it as a graph</Anchor>}
    >
      <Section
        title="What keeps it"
        hint={reasons.data?.stat === undefined ? undefined : bytesText(reasons.data.stat.sizeBytes)}
        flush
      >
        <Loaded query={reasons}>
          {({ stat, keptBy, more }) => (
            <>
              <DataTable
                label="What keeps it"
                rows={keptBy}
                rowKey={(words) => words}
                empty={<Unkept isThere={stat !== undefined} />}
                columns={[{ id: 'words', header: 'Kept by', cell: (words) => words }]}
              />
              {more ? (
                <p className="quiet" style={{ padding: 'var(--pad)' }}>
                  Something that you may not see keeps it as well.
                </p>
              ) : null}
            </>
          )}
        </Loaded>
      </Section>
      <Command>{`gyre why ${subject}`}</Command>
    </Page>
  )
}

function Unkept({ isThere }: { isThere: boolean }) {
  if (!isThere) {
    return (
      <Empty icon="file" title="There is no such blob that you may see">
        It was never sent, was given up, is damaged, or belongs to projects that you may not see.
      </Empty>
    )
  }
  return (
    <Empty icon="file" title="Nothing keeps it" commands={['gyre store gc --dry-run']}>
      It goes with the garbage, after its grace period and quarantine, unless something names it.
    </Empty>
  )
}
