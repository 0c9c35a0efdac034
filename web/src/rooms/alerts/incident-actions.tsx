import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import type { Incident } from './alert-reads.ts'

/** Takes an incident on, or says that it is over. */
export function IncidentActions({ incident }: { incident: Incident }) {
  const project = useProject()
  const [note, setNote] = useState('')
  const request = { params: { project, incident: incident.id }, body: { note } }
  const acknowledge = useAct((client) => client.alerts.acknowledgeIncident(request))
  const resolve = useAct((client) => client.alerts.resolveIncident(request))
  if (incident.state === 'resolved') return null
  return (
    <Section title="Look after it">
      <div className="stack-tight">
        <Textarea
          label="Note"
          placeholder="What you found, what you did"
          autosize
          minRows={2}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <div className="row">
          {incident.state === 'open' ? (
            <Button loading={acknowledge.isPending} onClick={() => acknowledge.mutate(undefined)}>
              Acknowledge
            </Button>
          ) : null}
          <Button
            variant="default"
            loading={resolve.isPending}
            onClick={() => resolve.mutate(undefined)}
          >
            Resolve
          </Button>
        </div>
        <FailureLine error={acknowledge.error ?? resolve.error} />
      </div>
    </Section>
  )
}
