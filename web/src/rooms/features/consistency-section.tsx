import { Button } from '@mantine/core'
import { useAct } from '../../parts/client.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Figures } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText, durationText, metricText } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { utcTimeText } from '../../parts/time-text.ts'
import { type ConsistencyReport, useChecks } from './feature-reads.ts'

/** Sampled rows computed on both sides, compared value by value. */
export function ConsistencySection({ service }: { service: string }) {
  const project = useProject()
  const checks = useChecks(service)
  const check = useAct((client) =>
    client.features.check({ params: { project, service }, body: {} }),
  )
  return (
    <Section
      title="Consistency"
      hint="The same sampled rows, offline in DuckDB and online from the store"
      actions={
        <>
          <FailureLine error={check.error} />
          <Button
            size="compact-sm"
            variant="default"
            loading={check.isPending}
            onClick={() => check.mutate(undefined)}
          >
            Check now
          </Button>
        </>
      }
    >
      <Loaded query={checks}>
        {({ items: [last] }) =>
          last === undefined ? (
            <Empty
              icon="features"
              title="Not checked yet"
              commands={[`gyre features check ${service}`]}
            />
          ) : (
            <Report report={last} />
          )
        }
      </Loaded>
    </Section>
  )
}

function Report({ report }: { report: ConsistencyReport }) {
  return (
    <div className="stack">
      <Figures
        items={[
          [
            'Verdict',
            <Status key="verdict" state={report.consistent ? 'equal' : 'inconsistent'} />,
          ],
          ['Rows', countText(report.rows)],
          ['Mismatches', countText(report.mismatches)],
          [
            'Data',
            <SubjectLink
              key="data"
              subject={`service:${report.service}@${report.serviceVersion}`}
            />,
          ],
          ['Offline', durationText(report.offlineMs)],
          ['Online', durationText(report.onlineMs)],
          ['Checked', <Instant key="at" at={report.checkedAt} />],
        ]}
      />
      <DataTable
        label="Comparison by feature"
        rows={report.features}
        rowKey={({ name }) => name}
        rowMark={({ mismatches }) => (mismatches > 0 ? 'bad' : undefined)}
        columns={[
          { id: 'name', header: 'Feature', cell: ({ name }) => name },
          {
            id: 'compared',
            header: 'Compared',
            align: 'end',
            cell: ({ compared }) => countText(compared),
          },
          {
            id: 'mismatches',
            header: 'Mismatches',
            align: 'end',
            cell: ({ mismatches }) => countText(mismatches),
          },
          {
            id: 'missing',
            header: 'Missing online',
            align: 'end',
            cell: ({ missingOnline }) => countText(missingOnline),
          },
          {
            id: 'extra',
            header: 'Only online',
            align: 'end',
            cell: ({ extraOnline }) => countText(extraOnline),
          },
          {
            id: 'largest',
            header: 'Largest difference',
            align: 'end',
            cell: ({ maximumDifference }) => metricText(maximumDifference),
          },
        ]}
      />
      {report.examples.length === 0 ? null : <Examples report={report} />}
    </div>
  )
}

function Examples({ report }: { report: ConsistencyReport }) {
  return (
    <DataTable
      label="Examples of mismatches"
      rows={report.examples}
      rowKey={({ feature, at, keys }) => `${feature} ${at} ${JSON.stringify(keys)}`}
      columns={[
        { id: 'feature', header: 'Feature', cell: ({ feature }) => feature },
        { id: 'keys', header: 'Keys', cell: ({ keys }) => <code>{JSON.stringify(keys)}</code> },
        { id: 'at', header: 'As of (UTC)', cell: ({ at }) => utcTimeText(at) },
        {
          id: 'offline',
          header: 'Offline',
          align: 'end',
          cell: ({ offline }) => metricText(offline),
        },
        { id: 'online', header: 'Online', align: 'end', cell: ({ online }) => metricText(online) },
      ]}
    />
  )
}
