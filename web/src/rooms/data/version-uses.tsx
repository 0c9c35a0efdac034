import { Anchor } from '../../parts/anchor.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { counted } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import type { DataVersionDetail } from './data-reads.ts'
import { type Use, useUses, type VersionUses } from './folder-reads.ts'
import { HoldButton } from './holds-section.tsx'

/** Kinds in the order of the loop, with what they are called here. */
const kinds: readonly (readonly [string, string])[] = [
  ['view', 'Feature views'],
  ['service', 'Feature services'],
  ['run', 'Runs'],
  ['logged-model', 'Logged models'],
  ['model', 'Models'],
  ['execution', 'Executions of pipelines'],
  ['trigger', 'Triggers'],
  ['pipeline', 'Pipelines'],
  ['rollout', 'Releases'],
  ['endpoint', 'Endpoints'],
  ['monitor', 'Monitors'],
  ['alarm', 'Alarms'],
  ['incident', 'Incidents'],
]
const mostOfKind = 50

/** Who uses a version, from the journal's lineage, and what holds it. */
export function VersionUsesTab({ version }: { version: DataVersionDetail }) {
  const uses = useUses(version.dataset, String(version.version))
  return <Loaded query={uses}>{(data) => <UsesOf uses={data} />}</Loaded>
}

function UsesOf({ uses }: { uses: VersionUses }) {
  const name = `${uses.dataset}@${uses.version}`
  const known = new Set(kinds.map(([kind]) => kind))
  const groups = [
    ...kinds.map(([kind, title]) => [title, uses.uses.filter((use) => use.kind === kind)] as const),
    ['Other things', uses.uses.filter(({ kind }) => !known.has(kind))] as const,
  ].filter(([, items]) => items.length > 0)
  return (
    <>
      {uses.latest ? (
        <p className="quiet">
          This is the latest version: whatever names no version gets this one.
        </p>
      ) : null}
      <Holds uses={uses} />
      {groups.length === 0 ? (
        <Section title="Uses">
          <Empty
            icon="pipelines"
            title="Nothing was made of this version"
            commands={[`gyre data get ${name}`]}
          >
            Runs, models and releases stand here as soon as the journal says that they came of it.
          </Empty>
        </Section>
      ) : null}
      {groups.map(([title, items]) => (
        <UseTable key={title} title={title} items={items} />
      ))}
      <div className="row">
        <Anchor to={places.lineage(`data:${name}`)}>Show it as a graph</Anchor>
        {uses.truncated ? <span className="quiet">There is more than is listed here.</span> : null}
      </div>
    </>
  )
}

function UseTable({ title, items }: { title: string; items: readonly Use[] }) {
  const shown = items.slice(0, mostOfKind)
  const rest = items.length - shown.length
  return (
    <Section
      title={title}
      hint={
        rest > 0 ? `${counted(items.length, 'in all', 'in all')}, the nearest first` : undefined
      }
      flush
    >
      <DataTable
        label={title}
        rows={shown}
        rowKey={({ subject }) => subject}
        columns={[
          {
            id: 'what',
            header: 'Which',
            cell: ({ subject }) => <SubjectLink subject={subject} />,
          },
          {
            id: 'how',
            header: 'How',
            cell: ({ distance, through }) =>
              distance === 1 ? (
                'of this version itself'
              ) : (
                <span className="row">
                  of <SubjectLink subject={through} />
                </span>
              ),
          },
          {
            id: 'distance',
            header: 'Steps away',
            align: 'end',
            cell: ({ distance }) => distance,
          },
        ]}
      />
    </Section>
  )
}

function Holds({ uses }: { uses: VersionUses }) {
  return (
    <Section
      title="Holds"
      actions={<HoldButton dataset={uses.dataset} version={uses.version} />}
      flush={uses.holds.length > 0}
    >
      {uses.holds.length === 0 ? (
        <p className="quiet">Nobody holds it.</p>
      ) : (
        <DataTable
          label="Holds"
          rows={uses.holds}
          rowKey={({ id }) => id}
          columns={[
            {
              id: 'what',
              header: 'What',
              cell: ({ version }) => (version === null ? 'all versions' : `v${version}`),
            },
            { id: 'reason', header: 'Reason', prose: true, cell: ({ reason }) => reason },
            { id: 'by', header: 'By', cell: ({ by }) => by },
            { id: 'at', header: 'Since', cell: ({ at }) => <Instant at={at} /> },
          ]}
        />
      )}
    </Section>
  )
}
