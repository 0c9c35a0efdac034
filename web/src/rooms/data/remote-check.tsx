import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Client } from '#client/client'
import { useAct } from '../../parts/client.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { bytesText, counted } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { Status } from '../../parts/status.tsx'
import type { RemoteCheck } from './remote-reads.ts'

type Found = Omit<RemoteCheck, 'next'> & { isDone: boolean }

const mostPaths = 3

/** Lets the server read all that a remote holds, and says how far it is. */
export function CheckButton({ repo }: { repo: string }) {
  const project = useProject()
  const [found, setFound] = useState<Found | undefined>(undefined)
  const check = useAct((client) => checkAll(client, { project, repo }, setFound))
  return (
    <span className="row">
      {found === undefined ? null : <Told found={found} />}
      <Button
        size="compact-sm"
        variant="default"
        loading={check.isPending}
        onClick={() => check.mutate(undefined)}
      >
        Check {repo}
      </Button>
      <FailureLine error={check.error} />
    </span>
  )
}

function Told({ found }: { found: Found }) {
  const { checked, missing, damaged, repaired, isDone } = found
  const bad = [...missing, ...damaged]
  const read = `${counted(checked.objects, 'object')}, ${bytesText(checked.sizeBytes)} read`
  if (!isDone) {
    return (
      <span role="status" className="quiet">
        {read} so far
      </span>
    )
  }
  const mended = repaired.length === 0 ? '' : `, ${repaired.length} put right`
  return (
    <span role="status">
      <Status state="check" tone={bad.length === 0 ? 'good' : 'bad'} plain>
        {read}
        {mended}
        {bad.length === 0
          ? ': all whole'
          : `: ${missing.length} missing, ${damaged.length} damaged. Push again: ${bad.slice(0, mostPaths).join(', ')}${bad.length > mostPaths ? ', …' : ''}`}
      </Status>
    </span>
  )
}

const bytesPerRequest = 256_000_000

async function checkAll(
  client: Client,
  params: { project: string; repo: string },
  tell: (found: Found) => void,
): Promise<void> {
  const found: Found = {
    checked: { objects: 0, sizeBytes: 0 },
    missing: [],
    damaged: [],
    repaired: [],
    isDone: false,
  }
  for (let after: string | null = ''; after !== null;) {
    const body = { after, mostBytes: bytesPerRequest }
    const report: RemoteCheck = await client.remotes.checkRemote({ params, body })
    found.checked.objects += report.checked.objects
    found.checked.sizeBytes += report.checked.sizeBytes
    found.missing.push(...report.missing)
    found.damaged.push(...report.damaged)
    found.repaired.push(...report.repaired)
    after = report.next
    tell({ ...found, isDone: after === null })
  }
}
