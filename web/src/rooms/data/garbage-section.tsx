import { Button, NumberInput } from '@mantine/core'
import { useState } from 'react'
import { Anchor } from '../../parts/anchor.tsx'
import { useAct } from '../../parts/client.tsx'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { Digest } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Figures } from '../../parts/key-values.tsx'
import { bytesText, counted } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import type { Collected } from './storage-reads.ts'

interface Periods {
  graceHours: number
  quarantineHours: number
}

interface Round {
  report: Collected
  dryRun: boolean
}

/** What nothing names: first looked at, then given up. */
export function GarbageSection() {
  const [periods, setPeriods] = useState<Periods>({ graceHours: 24, quarantineHours: 168 })
  const [round, setRound] = useState<Round | undefined>(undefined)
  const [asks, setAsks] = useState(false)
  const collect = useAct(async (client, dryRun: boolean) => {
    const report = await client.store.collectGarbage({ body: { dryRun, ...periods } })
    setRound({ report, dryRun })
    setAsks(false)
  })
  const change = (next: Partial<Periods>) => {
    setPeriods({ ...periods, ...next })
    setRound(undefined)
  }
  return (
    <Section
      title="What could be freed"
      hint="The server collects once a day by itself: into quarantine first, later for good"
      flush={round !== undefined}
    >
      <div className="stack" style={round === undefined ? undefined : { padding: '0 var(--pad)' }}>
        <PeriodFields
          periods={periods}
          change={change}
          look={() => collect.mutate(true)}
          isLooking={collect.isPending && !asks}
        />
        {asks ? null : <FailureLine error={collect.error} />}
        {round === undefined ? null : <Findings round={round} start={() => setAsks(true)} />}
      </div>
      {round === undefined ? null : <FindingTables report={round.report} />}
      <ConfirmDialog
        title="Collect garbage now"
        action="Collect it"
        opened={asks}
        busy={collect.isPending}
        error={collect.error}
        close={() => setAsks(false)}
        confirm={() => collect.mutate(false)}
      >
        {round === undefined ? null : <p>{warningOf(round.report, periods)}</p>}
      </ConfirmDialog>
    </Section>
  )
}

function warningOf({ quarantined, deleted }: Collected, { quarantineHours }: Periods): string {
  return (
    `${told(quarantined)} go into quarantine, from which what is named or sent again comes back ` +
    `for ${quarantineHours} hours. ${told(deleted)} have been there for so long and are deleted for good.`
  )
}

function told({ blobs, sizeBytes }: { blobs: number; sizeBytes: number }): string {
  return `${counted(blobs, 'blob')} (${bytesText(sizeBytes)})`
}

interface PeriodFieldsProps {
  periods: Periods
  change: (next: Partial<Periods>) => void
  look: () => void
  isLooking: boolean
}

function PeriodFields({ periods, change, look, isLooking }: PeriodFieldsProps) {
  return (
    <div className="row" style={{ alignItems: 'flex-end' }}>
      <NumberInput
        label="Hours that uploads are left alone"
        min={1}
        max={100_000}
        clampBehavior="strict"
        value={periods.graceHours}
        onChange={(value) => change({ graceHours: Math.max(1, Number(value)) })}
      />
      <NumberInput
        label="Hours in quarantine"
        min={0}
        max={100_000}
        clampBehavior="strict"
        value={periods.quarantineHours}
        onChange={(value) => change({ quarantineHours: Math.max(0, Number(value)) })}
      />
      <Button variant="default" loading={isLooking} onClick={look}>
        Look what would go
      </Button>
    </div>
  )
}

function Findings({ round, start }: { round: Round; start: () => void }) {
  const { report, dryRun } = round
  const would = dryRun ? 'Would be ' : ''
  const found = report.quarantined.blobs + report.deleted.blobs > 0
  return (
    <>
      <Figures
        items={[
          [`${would}deleted`, told(report.deleted)],
          [`${would}put into quarantine`, told(report.quarantined)],
          ['Too young to go', told(report.young)],
          ['Kept', told(report.kept)],
          ...(dryRun
            ? []
            : ([['Space freed', bytesText(report.removedObjects.sizeBytes)]] as const)),
        ]}
      />
      {dryRun ? (
        <div className="row">
          <Button disabled={!found} onClick={start}>
            Collect it now
          </Button>
          {found ? null : <span className="quiet">Nothing would go.</span>}
        </div>
      ) : (
        <p role="status">
          Garbage was collected. The space of what was deleted follows when its readers have ended.
        </p>
      )}
    </>
  )
}

function FindingTables({ report }: { report: Collected }) {
  return (
    <div className="stack" style={{ paddingTop: 'var(--gap)' }}>
      <DataTable
        label="What keeps the rest"
        rows={report.keptBy}
        rowKey={({ by }) => by}
        columns={[
          { id: 'by', header: 'The rest is kept by', cell: ({ by }) => by },
          {
            id: 'blobs',
            header: 'Blobs',
            align: 'end',
            cell: ({ blobs }) => blobs.toLocaleString(),
          },
          {
            id: 'size',
            header: 'Size, each blob once',
            align: 'end',
            cell: ({ sizeBytes }) => bytesText(sizeBytes),
          },
        ]}
      />
      {report.largest.length === 0 ? null : (
        <DataTable
          label="The largest that go"
          rows={report.largest}
          rowKey={({ sha256 }) => sha256}
          columns={[
            {
              id: 'sha256',
              header: 'The largest that go',
              cell: ({ sha256 }) => <Digest value={sha256} length={24} />,
            },
            {
              id: 'size',
              header: 'Size',
              align: 'end',
              cell: ({ sizeBytes }) => bytesText(sizeBytes),
            },
            {
              id: 'why',
              header: <span className="visually-hidden">Why</span>,
              cell: ({ sha256 }) => <Anchor to={places.why(`blob:${sha256}`)}>Why</Anchor>,
            },
          ]}
        />
      )}
    </div>
  )
}
