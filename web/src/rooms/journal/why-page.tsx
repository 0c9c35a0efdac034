import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Anchor } from '../../parts/anchor.tsx'
import { BoneBlock } from '../../parts/bones.tsx'
import { Command } from '../../parts/copyable.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink, subjectText } from '../../parts/subject-link.tsx'
import { BlobPage } from './blob-page.tsx'
import { useWhy, type Why } from './journal-reads.ts'
import { storyLines } from './story.ts'
import { StoryLine } from './story-line.tsx'
import css from './story.module.css'

/** Why a thing is as it is: from the effect back to its causes; of a blob, what keeps it. */
export function WhyPage() {
  const { subject = '' } = useParams({ strict: false })
  const sha256 = /^blob:([0-9a-f]{64})$/.exec(subject)?.[1]
  return sha256 === undefined ? (
    <StoryPage subject={subject} />
  ) : (
    <BlobPage subject={subject} sha256={sha256} />
  )
}

function StoryPage({ subject }: { subject: string }) {
  const why = useWhy(subject)
  return (
    <Page
      title={`Why ${subjectText(subject)}`}
      crumbs={[{ to: places.journal(), label: 'Journal' }]}
      facts={<SubjectLink subject={subject} />}
      actions={<Anchor to={places.lineage(subject)}>Show it as a graph</Anchor>}
    >
      <Section
        title="The story"
        hint="Newest first; what led to each step stands below it, further in"
      >
        <Loaded query={why} bones={<BoneBlock height={480} />}>
          {(data) => <Story why={data} />}
        </Loaded>
      </Section>
      <Command>{`gyre why ${subject}`}</Command>
    </Page>
  )
}

function Story({ why }: { why: Why }) {
  const lines = useMemo(() => storyLines(why), [why])
  if (lines.length === 0) {
    return (
      <Empty icon="journal" title="No record speaks of this">
        It may belong to another project, or its name is written differently. Write it as{' '}
        <code>kind:name</code> or <code>kind:name@version</code>.
      </Empty>
    )
  }
  return (
    <>
      <ol className={css['story']}>
        {lines.map((line) => (
          <StoryLine key={line.key} line={line} />
        ))}
      </ol>
      {why.truncated ? (
        <p className="quiet">The story goes further back than is shown here.</p>
      ) : null}
    </>
  )
}
