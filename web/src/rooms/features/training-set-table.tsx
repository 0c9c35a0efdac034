import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText, countText, durationText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { rangeText } from '../../parts/time-text.ts'
import { type TrainingSet, useTrainingSets } from './feature-reads.ts'

/** Sets that were joined point in time, with what they were made from. */
export function TrainingSetTable({ service }: { service: string }) {
  const sets = useTrainingSets(service)
  return (
    <Section title="Training sets" hint="Each value as it was known at its row’s moment" flush>
      <Loaded query={sets}>
        {({ items }) => (
          <DataTable
            label="Training sets"
            rows={items}
            rowKey={({ id }) => id}
            empty={
              <Empty
                icon="features"
                title="No training set yet"
                commands={[
                  `gyre features join ${service} --data flights --out build/training.parquet`,
                ]}
              />
            }
            columns={[
              { id: 'at', header: 'Made', cell: ({ createdAt }) => <Instant at={createdAt} /> },
              { id: 'rows', header: 'Rows', align: 'end', cell: ({ rows }) => countText(rows) },
              {
                id: 'size',
                header: 'Size',
                align: 'end',
                cell: ({ sizeBytes }) => bytesText(sizeBytes),
              },
              { id: 'range', header: 'Event time', cell: rangeOf },
              { id: 'inputs', header: 'Made from', cell: inputsOf },
              {
                id: 'took',
                header: 'Took',
                align: 'end',
                cell: ({ durationMs }) => durationText(durationMs),
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function rangeOf({ from, to }: TrainingSet) {
  return from === null || to === null ? <span className="faint">–</span> : rangeText(from, to)
}

function inputsOf({ inputs }: TrainingSet) {
  return (
    <span className="row">
      {inputs.slice(0, 4).map((subject) => (
        <SubjectLink key={subject} subject={subject} />
      ))}
    </span>
  )
}
