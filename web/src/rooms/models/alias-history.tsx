import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { AliasMark } from './alias-mark.tsx'
import { type AliasMove, useAliasMoves } from './model-reads.ts'

/** What pointed where, and what each move was decided on. */
export function AliasHistory({ model }: { model: string }) {
  const moves = useAliasMoves(model)
  return (
    <Section title="Moves of aliases" hint="Newest first" flush>
      <Loaded query={moves}>
        {({ items }) => (
          <DataTable
            label="Moves of aliases"
            rows={items}
            rowKey={({ alias, at }) => `${alias} ${at}`}
            empty={
              <Empty
                icon="models"
                title="No alias has moved yet"
                commands={[`gyre models alias ${model} champion 1`]}
              />
            }
            columns={[
              { id: 'alias', header: 'Alias', cell: ({ alias }) => <AliasMark alias={alias} /> },
              { id: 'move', header: 'Move', cell: (move) => moveOf(move, model) },
              { id: 'reason', header: 'Because', prose: true, cell: reasonOf },
              { id: 'evidence', header: 'Decided on', cell: evidenceOf },
              {
                id: 'actor',
                header: 'By',
                secondary: true,
                cell: ({ actor }) => <span className="quiet">{actor}</span>,
              },
              { id: 'at', header: 'When', cell: ({ at }) => <Instant at={at} /> },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function moveOf({ previous, version }: AliasMove, model: string) {
  return (
    <span className="row">
      {previous === null ? <span className="quiet">new</span> : `v${previous}`} →
      {version === null ? 'removed' : <SubjectLink subject={`model:${model}@${version}`} bare />}
    </span>
  )
}

export function reasonOf({ reason, override }: { reason: string; override: boolean }) {
  return (
    <>
      {reason}{' '}
      {override ? (
        <Status state="warning" plain>
          against the gate
        </Status>
      ) : null}
    </>
  )
}

export function evidenceOf({ evidence }: { evidence: readonly string[] }) {
  return (
    <span className="row">
      {evidence.slice(0, 3).map((subject) => (
        <SubjectLink key={subject} subject={subject} />
      ))}
    </span>
  )
}
