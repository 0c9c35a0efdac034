import { KeyValues } from '../../parts/key-values.tsx'
import { metricName } from '../../parts/metric-name.ts'
import { countText, durationText, percentText, termText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import type { EndpointDetail } from './endpoint-reads.ts'

/** How a new version gets its traffic. */
export function EndpointPolicy({ endpoint: { policy } }: { endpoint: EndpointDetail }) {
  const steps = [...policy.steps, 1].map((share) => percentText(share, 0)).join(' → ')
  return (
    <Section title="Release policy" hint="Declared in gyre.yaml">
      <KeyValues
        wide
        items={[
          ['Starts', policy.automatic ? 'by itself, when a version passed its gate' : 'by hand'],
          ['Steps', steps],
          ['Judged on', metricName(policy.metric)],
          ['Wrong roll-backs', `at most ${percentText(policy.alpha)} of releases`],
          ['Tolerance', termText(policy.tolerance)],
          ['Rows needed', `${countText(policy.minimumRows)} labelled of each side`],
          ['Parity', `${countText(policy.parityRows)} training rows are replayed`],
          ['Errors', `at most ${percentText(policy.maximumErrorRate)} of requests`],
          ['Latency', `p99 at most ${durationText(policy.maximumLatencyMs)}`],
        ]}
      />
    </Section>
  )
}
