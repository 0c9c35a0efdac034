import { Button } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { useProject } from '../../parts/project.tsx'
import { useMay } from '../../parts/rights.ts'
import { Section } from '../../parts/section.tsx'
import { type Hold, useHolds } from './keeping-reads.ts'

/** What may not go, whatever the retention rules say. */
export function HoldsSection({ dataset }: { dataset: string }) {
  const holds = useHolds()
  return (
    <Section
      title="Legal holds"
      hint="Nothing that is held is given up, until an admin releases it with a reason"
      actions={<HoldButton dataset={dataset} version={null} />}
      flush
    >
      <Loaded query={holds}>
        {({ items }) => (
          <DataTable
            label="Holds"
            rows={items.filter((hold) => hold.dataset === dataset)}
            rowKey={({ id }) => id}
            empty={
              <Empty
                title="Nothing is held"
                commands={[`gyre store hold ${dataset} -m "needed for the audit"`]}
              >
                Hold the data set, or one version of it, when it must be kept for a reason of its
                own.
              </Empty>
            }
            columns={[
              {
                id: 'what',
                header: 'What',
                cell: ({ version }) => (version === null ? 'all versions' : `v${version}`),
              },
              { id: 'reason', header: 'Reason', prose: true, cell: ({ reason }) => reason },
              { id: 'by', header: 'By', cell: ({ by }) => by },
              { id: 'at', header: 'Since', cell: ({ at }) => <Instant at={at} /> },
              {
                id: 'release',
                header: <span className="visually-hidden">Release</span>,
                align: 'end',
                cell: (hold) => <ReleaseButton hold={hold} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

/** Sets a hold, on a version or (null) on the whole data set. */
export function HoldButton({ dataset, version }: { dataset: string; version: number | null }) {
  const project = useProject()
  const may = useMay('operator')
  const [opened, setOpened] = useState(false)
  const close = () => setOpened(false)
  const hold = useAct((client, reason: string) =>
    client.store
      .holdDataset({ params: { project, dataset }, body: { version, reason } })
      .then(close),
  )
  if (!may) return null
  const what = version === null ? dataset : `${dataset} v${version}`
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setOpened(true)}>
        Hold {version === null ? 'all versions' : `v${version}`}
      </Button>
      <ConfirmDialog
        title={`Hold ${what}`}
        action="Hold it"
        reasonLabel="Why it must be kept"
        opened={opened}
        busy={hold.isPending}
        error={hold.error}
        close={close}
        confirm={(reason) => hold.mutate(reason)}
      >
        <p>Its files stay, whatever the retention rules say.</p>
      </ConfirmDialog>
    </>
  )
}

function ReleaseButton({ hold }: { hold: Hold }) {
  const project = useProject()
  const may = useMay('admin')
  const [opened, setOpened] = useState(false)
  const close = () => setOpened(false)
  const release = useAct((client, reason: string) =>
    client.store.releaseHold({ params: { project, hold: hold.id }, body: { reason } }).then(close),
  )
  if (!may) return null
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setOpened(true)}>
        Release
      </Button>
      <ConfirmDialog
        title="Release the hold"
        action="Release it"
        reasonLabel="Why it is over"
        opened={opened}
        busy={release.isPending}
        error={release.error}
        close={close}
        confirm={(reason) => release.mutate(reason)}
      >
        <p>
          It was set by {hold.by}: “{hold.reason}”. From then on the retention rules decide.
        </p>
      </ConfirmDialog>
    </>
  )
}
