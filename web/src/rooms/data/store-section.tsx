import { Button } from '@mantine/core'
import { useRef, useState } from 'react'
import type { Client } from '#client/client'
import { Anchor } from '../../parts/anchor.tsx'
import { useAct } from '../../parts/client.tsx'
import { Digest } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText, counted, countText } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { type StoreSummary, useStore } from './storage-reads.ts'

/** What the store of all projects holds, takes, and is known to have whole. */
export function StoreSection() {
  const store = useStore(true)
  return (
    <Section
      title="The store"
      hint="Of all projects: data, artifacts, models"
      actions={<ScrubButton />}
    >
      <Loaded query={store}>
        {(summary) => (
          <div className="stack">
            <div className="columns">
              <KeyValues items={takenOf(summary)} />
              <KeyValues items={soundnessOf(summary)} />
            </div>
            <Damaged blobs={summary.damagedBlobs} />
          </div>
        )}
      </Loaded>
    </Section>
  )
}

function takenOf(summary: StoreSummary) {
  const { blobs, contentBytes, storedBytes, files, packs, inPieces } = summary
  return [
    ['Holds', `${bytesText(contentBytes)} in ${counted(blobs, 'blob')}`],
    ['Takes', bytesText(storedBytes)],
    ['Single files', countText(files)],
    ['Packs of small ones', countText(packs)],
    ['In shared pieces', counted(inPieces, 'large blob')],
  ] as const
}

function soundnessOf(summary: StoreSummary) {
  const { quarantined, damaged, checkedSince, notCopiedBytes } = summary
  return [
    [
      'In quarantine',
      quarantined.blobs === 0
        ? 'nothing'
        : `${counted(quarantined.blobs, 'blob')}, ${bytesText(quarantined.sizeBytes)}`,
    ],
    [
      'Second copy',
      notCopiedBytes === null
        ? 'none: start the server with --blobs-copy'
        : notCopiedBytes === 0
          ? 'has everything'
          : `lacks ${bytesText(notCopiedBytes)}`,
    ],
    [
      'All read or written since',
      checkedSince === null ? '–' : <Instant key="checked" at={checkedSince} />,
    ],
    [
      'Damaged',
      damaged.blobs === 0 ? (
        <Status key="sound" state="ok" plain>
          nothing
        </Status>
      ) : (
        <Status key="damaged" state="broken" plain>
          {counted(damaged.blobs, 'blob')}, {bytesText(damaged.sizeBytes)}
        </Status>
      ),
    ],
  ] as const
}

function Damaged({ blobs }: { blobs: StoreSummary['damagedBlobs'] }) {
  if (blobs.length === 0) return null
  return (
    <DataTable
      label="Damaged blobs"
      rows={blobs}
      rowKey={({ sha256 }) => sha256}
      columns={[
        { id: 'sha256', header: 'Damaged', cell: ({ sha256 }) => <Digest value={sha256} /> },
        { id: 'size', header: 'Size', align: 'end', cell: ({ sizeBytes }) => bytesText(sizeBytes) },
        { id: 'at', header: 'Since', cell: ({ at }) => <Instant at={at} /> },
        {
          id: 'why',
          header: 'What lacks it',
          cell: ({ sha256 }) => <Anchor to={places.why(`blob:${sha256}`)}>Who needs it</Anchor>,
        },
      ]}
    />
  )
}

interface Scrubbed {
  blobs: number
  sizeBytes: number
  repaired: number
  damaged: number
}

/** Reads everything again, a part with each request, and says how far it is. */
function ScrubButton() {
  const [done, setDone] = useState<Scrubbed | undefined>(undefined)
  const stopped = useRef(false)
  const scrub = useAct(async (client) => {
    stopped.current = false
    await scrubAll(client, setDone, () => stopped.current)
  })
  return (
    <span className="row">
      {done === undefined ? null : (
        <span role="status" className="quiet">
          {counted(done.blobs, 'blob')}, {bytesText(done.sizeBytes)} read: {done.repaired} repaired,{' '}
          {done.damaged} damaged
        </span>
      )}
      {scrub.isPending ? (
        <Button size="compact-sm" variant="default" onClick={() => (stopped.current = true)}>
          Stop
        </Button>
      ) : null}
      <Button
        size="compact-sm"
        variant="default"
        loading={scrub.isPending}
        onClick={() => scrub.mutate(undefined)}
      >
        Read everything now
      </Button>
      <FailureLine error={scrub.error} />
    </span>
  )
}

const bytesPerRequest = 256_000_000

async function scrubAll(
  client: Client,
  tell: (done: Scrubbed) => void,
  isStopped: () => boolean,
): Promise<void> {
  const body = { uncheckedSince: Date.now(), mostBytes: bytesPerRequest }
  let sum: Scrubbed = { blobs: 0, sizeBytes: 0, repaired: 0, damaged: 0 }
  while (!isStopped()) {
    const { checked, repaired, damaged } = await client.store.scrubStore({ body })
    sum = {
      blobs: sum.blobs + checked.blobs,
      sizeBytes: sum.sizeBytes + checked.sizeBytes,
      repaired: sum.repaired + repaired.length,
      damaged: sum.damaged + damaged.length,
    }
    tell(sum)
    if (checked.blobs === 0) return
  }
}
