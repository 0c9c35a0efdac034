import { Checkbox, SegmentedControl } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Anchor } from '../../parts/anchor.tsx'
import { BoneBlock } from '../../parts/bones.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Graph, type GraphEdge, type GraphNode } from '../../parts/graph.tsx'
import { counted } from '../../parts/number-text.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { placeOfSubject, places, splitSubject } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { iconOfSubject, SubjectLink, subjectText } from '../../parts/subject-link.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { type Lineage, useLineage } from './journal-reads.ts'

const directions = [
  { value: 'both', label: 'Both ways' },
  { value: 'up', label: 'Where it came from' },
  { value: 'down', label: 'What came of it' },
]
const depths = ['1', '2', '4', '8'].map((value) => ({
  value,
  label: value === '1' ? '1 step' : `${value} steps`,
}))

/** What a thing came from and what came of it, as a graph. */
export function LineagePage() {
  const { subject = '' } = useParams({ strict: false })
  const [direction, setDirection] = useUrlText('direction', 'both')
  const [depth, setDepth] = useUrlText('depth', '2')
  const [files, setFiles] = useUrlText('files')
  const asked = direction === 'up' || direction === 'down' ? direction : 'both'
  const lineage = useLineage(subject, asked, Number(depth) || 2)
  return (
    <Page
      title={`Lineage of ${subjectText(subject)}`}
      crumbs={[{ to: places.journal(), label: 'Journal' }]}
      facts={<SubjectLink subject={subject} />}
      actions={<Anchor to={places.why(subject)}>Tell it as a story</Anchor>}
    >
      <div className="row">
        <SegmentedControl
          size="sm"
          aria-label="Direction"
          value={asked}
          onChange={setDirection}
          data={directions}
        />
        <SegmentedControl
          size="sm"
          aria-label="How far"
          value={depth}
          onChange={setDepth}
          data={depths}
        />
        <Checkbox
          size="sm"
          label="Files too"
          checked={files !== ''}
          onChange={(event) => setFiles(event.currentTarget.checked ? 'yes' : '')}
        />
      </div>
      <Section title="Graph" hint={lineage.data === undefined ? '' : hintOf(lineage.data)} flush>
        <Loaded query={lineage} bones={<BoneBlock height={560} />}>
          {(data) => <LineageGraph lineage={data} subject={subject} />}
        </Loaded>
      </Section>
    </Page>
  )
}

function hintOf({ nodes, truncated }: Lineage): string {
  return `${counted(nodes.length, 'thing')}${truncated ? '; there is more than is shown' : ''}`
}

function LineageGraph({ lineage, subject }: { lineage: Lineage; subject: string }) {
  const [files] = useUrlText('files')
  const nodes = useMemo(
    () =>
      lineage.nodes
        .filter(({ kind }) => files !== '' || kind !== 'blob')
        .map((node) => graphNode(node.subject, subject)),
    [lineage, subject, files],
  )
  const edges = useMemo(
    () => lineage.edges.map(({ source, target }): GraphEdge => ({ from: source, to: target })),
    [lineage],
  )
  if (nodes.length === 0) {
    return (
      <Empty icon="pipelines" title="The record does not know this subject">
        Write it as <code>kind:name</code> or <code>kind:name@version</code>.
      </Empty>
    )
  }
  return <Graph label={`Lineage of ${subject}`} nodes={nodes} edges={edges} height={560} />
}

function graphNode(subject: string, chosen: string): GraphNode {
  const { kind } = splitSubject(subject)
  return {
    id: subject,
    title: subjectText(subject),
    note: kind,
    icon: iconOfSubject(subject),
    to: subject === chosen ? placeOfSubject(subject) : places.lineage(subject),
    chosen: subject === chosen,
  }
}
