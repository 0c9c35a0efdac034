import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant, useNow } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { absoluteText } from '../../parts/time-text.ts'
import { useUrlText } from '../../parts/url-state.ts'
import { evidenceOf, reasonOf } from './alias-history.tsx'
import { AliasMark } from './alias-mark.tsx'
import {
  type AliasMove,
  type PointersAt,
  type StageMove,
  useAliasMoves,
  usePointersAt,
  useStageMoves,
} from './model-reads.ts'
import { MomentControl } from './moment-control.tsx'
import { lanesOf, momentsOf } from './pointer-lanes.ts'
import { PointerTimeline } from './pointer-timeline.tsx'

/** What pointed where at any moment, who put it there, why, and on what evidence. */
export function PointersThen({ model }: { model: string }) {
  const aliases = useAliasMoves(model)
  const stages = useStageMoves(model)
  return (
    <Loaded query={aliases}>
      {({ items }) => (
        <Loaded query={stages}>
          {(staged) => <AtAMoment model={model} aliases={items} stages={staged.items} />}
        </Loaded>
      )}
    </Loaded>
  )
}

interface AtAMomentProps {
  model: string
  aliases: readonly AliasMove[]
  stages: readonly StageMove[]
}

function AtAMoment({ model, aliases, stages }: AtAMomentProps) {
  const now = useNow()
  const [asked, setAsked] = useUrlText('at')
  const moments = momentsOf([...aliases, ...stages])
  const at = /^\d{1,15}$/.test(asked) ? Number(asked) : null
  const pointers = usePointersAt(model, at)
  const [first] = moments
  if (first === undefined) return null
  const to = Math.max(now, (moments.at(-1) ?? 0) + 1)
  // A little before the first move there was nothing, and that can be looked at, too.
  const from = first - Math.ceil((to - first) / 50)
  return (
    <Section
      title={at === null ? 'What points where' : `What pointed where on ${absoluteText(at)}`}
      hint="Pick a moment: the lines show each alias, and each version that was in a stage"
    >
      <div className="stack">
        <PointerTimeline lanes={lanesOf(aliases, stages)} from={from} to={to} at={at ?? to}>
          <MomentControl
            from={from}
            to={to}
            moments={moments}
            at={at}
            onChange={(moment) => setAsked(moment === null ? '' : String(moment))}
          />
        </PointerTimeline>
        <Loaded query={pointers}>{(data) => <PointerTable model={model} pointers={data} />}</Loaded>
      </div>
    </Section>
  )
}

function PointerTable({ model, pointers }: { model: string; pointers: PointersAt }) {
  const rows = [
    ...pointers.aliases.map(({ alias, ...pointer }) => ({ alias, stage: null, ...pointer })),
    ...pointers.stages.map((pointer) => ({ alias: null, ...pointer })),
  ]
  return (
    <DataTable
      label="Pointers at that moment"
      rows={rows}
      rowKey={({ alias, stage, version }) => `${alias} ${stage} ${version}`}
      empty={<Empty title="Nothing pointed anywhere then" />}
      columns={[
        {
          id: 'name',
          header: 'Alias or stage',
          cell: ({ alias, stage }) => (alias === null ? stage : <AliasMark alias={alias} />),
        },
        {
          id: 'version',
          header: 'Version',
          cell: ({ version }) => <SubjectLink subject={`model:${model}@${version}`} bare />,
        },
        {
          id: 'reason',
          header: 'Because',
          prose: true,
          cell: reasonOf,
        },
        {
          id: 'evidence',
          header: 'Decided on',
          cell: evidenceOf,
        },
        {
          id: 'actor',
          header: 'By',
          cell: ({ actor }) => <span className="quiet">{actor}</span>,
        },
        { id: 'since', header: 'Since', cell: ({ movedAt }) => <Instant at={movedAt} /> },
      ]}
    />
  )
}
