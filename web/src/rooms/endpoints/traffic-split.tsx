import { SplitBar } from '../../parts/split-bar.tsx'
import type { EndpointSummary } from './endpoint-reads.ts'

/** Which version gets how much of the traffic. */
export function TrafficSplit({
  endpoint,
}: {
  endpoint: Pick<EndpointSummary, 'name' | 'variants'>
}) {
  const serving = endpoint.variants.filter(({ role }) => role !== 'shadow')
  const shadow = endpoint.variants.find(({ role }) => role === 'shadow')
  if (serving.length === 0) return <span className="faint">nothing is served</span>
  return (
    <>
      <SplitBar
        label={`Traffic of ${endpoint.name}`}
        shares={serving.map(({ version, role, share }) => ({ name: `v${version} ${role}`, share }))}
      />
      {shadow === undefined ? null : (
        <p className="quiet">v{shadow.version} is mirrored in the shadow</p>
      )}
    </>
  )
}
