import { Button, NumberInput } from '@mantine/core'
import { useState } from 'react'
import { Anchor } from '../../parts/anchor.tsx'
import { useAct } from '../../parts/client.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText, counted } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { useProject } from '../../parts/project.tsx'
import { useMay } from '../../parts/rights.ts'
import { Section } from '../../parts/section.tsx'
import { fateText } from './fate-text.ts'
import { type Retention, type RetentionPlan, usePlan } from './keeping-reads.ts'

/** How long versions are kept; what a rule would do is seen before it is set. */
export function RetentionSection({ dataset }: { dataset: string }) {
  const [tried, setTried] = useState<Retention | undefined>(undefined)
  const plan = usePlan(dataset, tried)
  return (
    <Section
      title="Retention"
      hint="A version goes when every rule lets it go; never the latest, what is held, or what something was made of"
      flush
    >
      <Loaded query={plan}>
        {(data) => (
          <>
            <RulesForm
              dataset={dataset}
              rules={tried ?? data.rules}
              isTried={tried !== undefined}
              setTried={setTried}
            />
            <PlanTable dataset={dataset} plan={data} />
          </>
        )}
      </Loaded>
    </Section>
  )
}

interface RulesFormProps {
  dataset: string
  rules: Retention
  isTried: boolean
  setTried: (rules: Retention | undefined) => void
}

function RulesForm({ dataset, rules, isTried, setTried }: RulesFormProps) {
  const project = useProject()
  const may = useMay('admin')
  const save = useAct((client, body: Retention) =>
    client.store
      .setRetention({ params: { project, dataset }, body })
      .then(() => setTried(undefined)),
  )
  const numberOf = (value: string | number) => (value === '' ? null : Math.max(1, Number(value)))
  return (
    <form
      className="stack-tight"
      style={{ padding: 'var(--pad)' }}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(rules)
      }}
    >
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <NumberInput
          label="Newest versions kept"
          placeholder="no rule"
          min={1}
          allowDecimal={false}
          value={rules.keepVersions ?? ''}
          onChange={(value) => setTried({ ...rules, keepVersions: numberOf(value) })}
        />
        <NumberInput
          label="Days kept"
          placeholder="no rule"
          min={1}
          max={100_000}
          allowDecimal={false}
          value={rules.keepDays ?? ''}
          onChange={(value) => setTried({ ...rules, keepDays: numberOf(value) })}
        />
        {may ? (
          <Button type="submit" disabled={!isTried} loading={save.isPending}>
            Set the rules
          </Button>
        ) : (
          <span className="quiet">An admin of the project may set the rules.</span>
        )}
        {isTried ? (
          <Button variant="default" onClick={() => setTried(undefined)}>
            Back to those in force
          </Button>
        ) : null}
      </div>
      <FailureLine error={save.error} />
    </form>
  )
}

function PlanTable({ dataset, plan }: { dataset: string; plan: RetentionPlan }) {
  const going = plan.versions.filter(({ goes }) => goes)
  return (
    <>
      <p className="quiet" style={{ padding: '0 var(--pad) 10px' }}>
        {going.length === 0
          ? 'No version goes.'
          : `${counted(going.length, 'version')} would go. Nothing else names ${counted(plan.freed.blobs, 'file')} of ${bytesText(plan.freed.sizeBytes)} in ${going.length === 1 ? 'it' : 'them'}.`}
      </p>
      <DataTable
        label="What the rules do"
        rows={plan.versions}
        rowKey={({ version }) => String(version)}
        rowMark={({ goes }) => (goes ? 'bad' : undefined)}
        columns={[
          {
            id: 'version',
            header: 'Version',
            cell: ({ version }) => (
              <Anchor to={places.dataVersion(dataset, version)}>v{version}</Anchor>
            ),
          },
          { id: 'at', header: 'Committed', cell: ({ createdAt }) => <Instant at={createdAt} /> },
          {
            id: 'size',
            header: 'Size',
            align: 'end',
            cell: ({ sizeBytes }) => bytesText(sizeBytes),
          },
          { id: 'fate', header: 'Fate', prose: true, cell: ({ because }) => fateText(because) },
        ]}
      />
    </>
  )
}
