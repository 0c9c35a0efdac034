import { DataTable } from '../../parts/data-table.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { reasonOf } from './alias-history.tsx'
import { type StageMove, useStageMoves } from './model-reads.ts'

/** How versions went from stage to stage; nothing where none ever did. */
export function StageHistory({ model }: { model: string }) {
  const moves = useStageMoves(model)
  return (
    <Loaded query={moves}>
      {({ items }) => (items.length === 0 ? null : <StageMoves model={model} moves={items} />)}
    </Loaded>
  )
}

function StageMoves({ model, moves }: { model: string; moves: readonly StageMove[] }) {
  return (
    <Section title="Moves between stages" hint="Newest first" flush>
      <DataTable
        label="Moves between stages"
        rows={moves}
        rowKey={({ version, at, stage }) => `${version} ${at} ${stage}`}
        columns={[
          {
            id: 'version',
            header: 'Version',
            cell: ({ version }) => <SubjectLink subject={`model:${model}@${version}`} bare />,
          },
          {
            id: 'move',
            header: 'Move',
            cell: ({ previous, stage }) => `${previous ?? 'new'} → ${stage ?? 'gone'}`,
          },
          { id: 'reason', header: 'Because', prose: true, cell: reasonOf },
          {
            id: 'actor',
            header: 'By',
            secondary: true,
            cell: ({ actor }) => <span className="quiet">{actor}</span>,
          },
          { id: 'at', header: 'When', cell: ({ at }) => <Instant at={at} /> },
        ]}
      />
    </Section>
  )
}
