import { Digest, Snippet } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { type KeyValue, KeyValues } from '../../parts/key-values.tsx'
import { countText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { ForkSection } from './fork-section.tsx'
import { measuredText } from './measured-text.ts'
import type { Run } from './run-reads.ts'
import css from './run-overview.module.css'

export function RunOverview({ run }: { run: Run }) {
  return (
    <>
      {run.reason === null || run.status === 'finished' ? null : (
        <Failure error={new Error(run.reason)} />
      )}
      <div className="columns">
        <div className="stack">
          <MetricSection run={run} />
          <ParameterSection run={run} />
        </div>
        <div className="stack">
          <ForkSection run={run} />
          <LinkSection title="Made from" subjects={run.inputs} none="It names no inputs." />
          <LinkSection title="Made" subjects={run.outputs} none="It names no outputs." />
          <EnvironmentSection run={run} />
          <TagSection run={run} />
        </div>
      </div>
    </>
  )
}

function MetricSection({ run }: { run: Run }) {
  return (
    <Section title="Metrics" flush>
      <DataTable
        label="Metrics"
        rows={run.metricSummaries}
        rowKey={({ key }) => key}
        empty={<Empty icon="runs" title="No metrics yet" />}
        columns={[
          { id: 'key', header: 'Metric', cell: ({ key }) => key },
          {
            id: 'last',
            header: 'Last',
            align: 'end',
            cell: ({ value }) => <b>{measuredText(value)}</b>,
          },
          {
            id: 'least',
            header: 'Least',
            align: 'end',
            cell: ({ minimum }) => measuredText(minimum),
          },
          {
            id: 'most',
            header: 'Most',
            align: 'end',
            cell: ({ maximum }) => measuredText(maximum),
          },
          { id: 'count', header: 'Points', align: 'end', cell: ({ count }) => countText(count) },
        ]}
      />
    </Section>
  )
}

function ParameterSection({ run }: { run: Run }) {
  const parameters = Object.entries(run.parameters).toSorted(([a], [b]) => a.localeCompare(b))
  return (
    <Section title="Parameters" flush>
      <DataTable
        label="Parameters"
        rows={parameters}
        rowKey={([key]) => key}
        empty={<Empty icon="settings" title="No parameters" />}
        columns={[
          { id: 'key', header: 'Parameter', width: '45%', cell: ([key]) => key },
          {
            id: 'value',
            header: 'Value',
            cell: ([, value]) => <code className={css['value']}>{value}</code>,
          },
        ]}
      />
    </Section>
  )
}

function LinkSection(props: { title: string; subjects: readonly string[]; none: string }) {
  return (
    <Section title={props.title}>
      {props.subjects.length === 0 ? (
        <p className="quiet">{props.none}</p>
      ) : (
        <ul className="stack-tight">
          {props.subjects.map((subject) => (
            <li key={subject}>
              <SubjectLink subject={subject} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function EnvironmentSection({ run: { environment } }: { run: Run }) {
  const facts: (KeyValue | undefined)[] = [
    environment.gitCommit === undefined
      ? undefined
      : ['Git commit', <CommitFact key="commit" run={environment} />],
    environment.gitBranch === undefined ? undefined : ['Branch', environment.gitBranch],
    environment.runtime === undefined ? undefined : ['Runtime', environment.runtime],
    environment.platform === undefined ? undefined : ['Platform', environment.platform],
    environment.host === undefined ? undefined : ['Host', environment.host],
    environment.workingDirectory === undefined
      ? undefined
      : ['Directory', <code key="directory">{environment.workingDirectory}</code>],
  ]
  const known = facts.filter((fact) => fact !== undefined)
  const packages = Object.entries(environment.packages ?? {})
  return (
    <Section title="Environment">
      {known.length === 0 ? (
        <p className="quiet">It says nothing of its environment.</p>
      ) : (
        <KeyValues items={known} />
      )}
      {environment.command === undefined ? null : (
        <Snippet label="Command">{environment.command.join(' ')}</Snippet>
      )}
      {packages.length === 0 ? null : (
        <details className={css['packages']}>
          <summary>{countText(packages.length)} packages</summary>
          <Snippet label="Packages">
            {packages.map(([name, version]) => `${name} ${version}`).join('\n')}
          </Snippet>
        </details>
      )}
    </Section>
  )
}

function CommitFact({ run }: { run: Run['environment'] }) {
  return (
    <>
      <Digest value={run.gitCommit ?? ''} />{' '}
      {run.gitDirty === true ? 'with uncommitted changes' : ''}
    </>
  )
}

function TagSection({ run }: { run: Run }) {
  const tags = Object.entries(run.tags)
  if (tags.length === 0) return null
  return (
    <Section title="Tags">
      <KeyValues items={tags} />
    </Section>
  )
}
