import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { durationText, metricText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { utcTimeText } from '../../parts/time-text.ts'
import { type LoggedPrediction, usePredictions } from './endpoint-reads.ts'

/** The newest logged predictions with what came true. */
export function PredictionLog({ endpoint }: { endpoint: string }) {
  const predictions = usePredictions(endpoint)
  return (
    <Section title="Logged predictions" hint="The 100 newest by event time" flush>
      <Loaded query={predictions} bones={undefined}>
        {({ items }) => (
          <DataTable
            label="Logged predictions"
            rows={items}
            rowKey={({ id }) => id}
            empty={
              <Empty icon="endpoints" title="Nothing is logged yet">
                Each prediction is logged with an id; labels join on it.
              </Empty>
            }
            columns={[
              { id: 'at', header: 'Event time (UTC)', cell: ({ at }) => utcTimeText(at) },
              {
                id: 'id',
                header: 'Id',
                cell: ({ id }) => <code>{id.length > 18 ? `…${id.slice(-12)}` : id}</code>,
              },
              {
                id: 'version',
                header: 'Version',
                cell: ({ version, variant }) => `v${version} ${variant}`,
              },
              {
                id: 'prediction',
                header: 'Prediction',
                align: 'end',
                cell: ({ prediction }) => metricText(prediction),
              },
              { id: 'label', header: 'Label', align: 'end', cell: labelOf },
              {
                id: 'latency',
                header: 'Latency',
                align: 'end',
                cell: ({ latencyMs }) => durationText(latencyMs),
              },
              { id: 'keys', header: 'Keys', cell: keysOf },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function labelOf({ label }: LoggedPrediction) {
  return label === null ? <span className="faint">not known yet</span> : metricText(label)
}

function keysOf({ keys }: LoggedPrediction) {
  return (
    <code>
      {Object.entries(keys)
        .map(([name, value]) => `${name}=${value ?? 'null'}`)
        .join(' ')}
    </code>
  )
}
