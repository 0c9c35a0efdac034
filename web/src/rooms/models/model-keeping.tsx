import { Button, NumberInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Figures } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText, counted } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import {
  type ModelHold,
  type Retention,
  type Retirement,
  useHolds,
  useRetention,
  useRetirement,
} from './model-reads.ts'

/** How long versions stay, what must stay, and what giving up the rest would free. */
export function ModelKeeping({ model }: { model: string }) {
  const retention = useRetention(model)
  const holds = useHolds(model)
  const plan = useRetirement(model)
  return (
    <>
      <div className="columns">
        <Loaded query={retention}>{(rules) => <Rules model={model} rules={rules} />}</Loaded>
        <Loaded query={holds}>{({ items }) => <Holds model={model} holds={items} />}</Loaded>
      </div>
      {plan.error === null ? (
        <Loaded query={plan}>{(found) => <Plan model={model} plan={found} />}</Loaded>
      ) : (
        <Section title="What would go">
          <FailureLine error={plan.error} />
        </Section>
      )}
    </>
  )
}

function Rules({ model, rules }: { model: string; rules: Retention }) {
  const project = useProject()
  const [versions, setVersions] = useState<string | number>(rules.keepVersions ?? '')
  const [days, setDays] = useState<string | number>(rules.keepDays ?? '')
  const set = useAct((client) =>
    client.retention.setModelRetention({
      params: { project, model },
      body: { keepVersions: ruleOf(versions), keepDays: ruleOf(days) },
    }),
  )
  return (
    <Section title="Rules" hint="A version goes when both let it go; empty and empty keep all">
      <div className="stack-tight">
        <div className="row">
          <NumberInput
            label="Newest that stay"
            min={1}
            value={versions}
            onChange={setVersions}
            allowDecimal={false}
          />
          <NumberInput
            label="Days that all stay"
            min={1}
            max={100_000}
            value={days}
            onChange={setDays}
            allowDecimal={false}
          />
        </div>
        <p className="quiet">
          Never what aliases point at, Staging and Production, what is held, or what endpoints
          serve.
        </p>
        <div className="row">
          <Button variant="default" loading={set.isPending} onClick={() => set.mutate(undefined)}>
            Set rules
          </Button>
        </div>
        <FailureLine error={set.error} />
      </div>
    </Section>
  )
}

function ruleOf(value: string | number): number | null {
  return value === '' ? null : Number(value)
}

function Holds({ model, holds }: { model: string; holds: readonly ModelHold[] }) {
  const project = useProject()
  const [reason, setReason] = useState('')
  const [version, setVersion] = useState<string | number>('')
  const hold = useAct(async (client) => {
    await client.retention.holdModel({
      params: { project, model },
      body: { version: ruleOf(version), reason },
    })
    setReason('')
  })
  return (
    <Section title="Held" hint="Nobody deletes it until an admin releases the hold">
      <div className="stack">
        <DataTable
          label="Holds"
          rows={holds}
          rowKey={({ id }) => id}
          empty={<Empty title="Nothing is held" />}
          columns={[
            {
              id: 'version',
              header: 'Version',
              cell: (each) => (each.version === null ? 'all' : `v${each.version}`),
            },
            { id: 'reason', header: 'Because', prose: true, cell: (each) => each.reason },
            { id: 'by', header: 'By', secondary: true, cell: ({ by }) => by },
            { id: 'at', header: 'Since', cell: ({ at }) => <Instant at={at} /> },
          ]}
        />
        <div className="stack-tight">
          <div className="row">
            <NumberInput
              label="Version"
              placeholder="all"
              min={1}
              value={version}
              onChange={setVersion}
              allowDecimal={false}
            />
            <TextInput
              label="Because"
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Button
              variant="default"
              disabled={reason.trim() === ''}
              loading={hold.isPending}
              onClick={() => hold.mutate(undefined)}
            >
              Hold
            </Button>
          </div>
          <FailureLine error={hold.error} />
        </div>
      </div>
    </Section>
  )
}

function Plan({ model, plan }: { model: string; plan: Retirement }) {
  const project = useProject()
  const retire = useAct((client) =>
    client.retention.retireVersions({ params: { project, model }, body: { dryRun: false } }),
  )
  const rows = [
    ...plan.retired.map(({ version, sizeBytes }) => ({
      version,
      goes: true,
      words: bytesText(sizeBytes),
    })),
    ...plan.kept.map(({ version, reasons }) => ({
      version,
      goes: false,
      words: reasons.join(' '),
    })),
  ]
  return (
    <Section
      title="What would go"
      hint="The server does this once a day"
      actions={
        plan.retired.length === 0 ? undefined : (
          <Button
            size="compact-sm"
            color="red"
            loading={retire.isPending}
            onClick={() => retire.mutate(undefined)}
          >
            Delete {counted(plan.retired.length, 'version')} for good
          </Button>
        )
      }
    >
      <div className="stack">
        <Figures
          items={[
            ['Versions', String(plan.retired.length)],
            ['Freed', `${bytesText(plan.freed.sizeBytes)} in ${counted(plan.freed.blobs, 'blob')}`],
            ['Kept by others', bytesText(plan.shared.sizeBytes)],
          ]}
        />
        <FailureLine error={retire.error} />
        <DataTable
          label="Versions that go and that stay"
          rows={rows}
          rowKey={({ version }) => String(version)}
          empty={<Empty title="The model has no versions" />}
          columns={[
            {
              id: 'version',
              header: 'Version',
              cell: ({ version }) => <SubjectLink subject={`model:${model}@${version}`} bare />,
            },
            { id: 'goes', header: 'Verdict', cell: ({ goes }) => (goes ? <b>goes</b> : 'stays') },
            { id: 'words', header: 'Why, or how much', prose: true, cell: ({ words }) => words },
          ]}
        />
      </div>
    </Section>
  )
}
