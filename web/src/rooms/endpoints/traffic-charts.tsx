import { SegmentedControl } from '@mantine/core'
import { useMemo } from 'react'
import { BoneBlock } from '../../parts/bones.tsx'
import { Empty } from '../../parts/empty.tsx'
import { type ChartLine, LineChart } from '../../parts/line-chart.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { compactText, durationText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { type TrafficPoint, useTraffic } from './endpoint-reads.ts'

const spans = [
  { value: '60', label: '1 h' },
  { value: '360', label: '6 h' },
  { value: '1440', label: '1 d' },
  { value: '10080', label: '7 d' },
]

/** Throughput by version and latency, minute by minute. */
export function TrafficCharts({ endpoint }: { endpoint: string }) {
  const [minutes, setMinutes] = useUrlText('minutes', '60')
  const traffic = useTraffic(endpoint, Number(minutes) || 60)
  const choice = (
    <SegmentedControl
      size="xs"
      aria-label="Time span"
      value={minutes}
      onChange={setMinutes}
      data={spans}
    />
  )
  return (
    <div className="columns">
      <Section title="Predictions per minute" actions={choice}>
        <Loaded query={traffic} bones={<BoneBlock height={222} />}>
          {({ items }) => <Throughput points={items} />}
        </Loaded>
      </Section>
      <Section title="Latency" hint="On the server, per request">
        <Loaded query={traffic} bones={<BoneBlock height={222} />}>
          {({ items }) => <Latency points={items} />}
        </Loaded>
      </Section>
    </div>
  )
}

function Throughput({ points }: { points: readonly TrafficPoint[] }) {
  const lines = useMemo(() => versionLines(points), [points])
  if (points.length === 0) return <Quiet />
  return (
    <LineChart
      label="Predictions per minute by version"
      x="time"
      lines={lines}
      yText={compactText}
      include={[0]}
      height={196}
      legend
    />
  )
}

function Latency({ points }: { points: readonly TrafficPoint[] }) {
  const lines = useMemo((): ChartLine[] => {
    const x = points.map(({ at }) => at)
    const dots = points.length < 12
    return [
      { name: 'p50', x, y: points.map(({ p50Ms }) => p50Ms), dots },
      { name: 'p99', x, y: points.map(({ p99Ms }) => p99Ms), dots },
    ]
  }, [points])
  if (points.length === 0) return <Quiet />
  return (
    <LineChart
      label="Latency, median and 99th percentile"
      x="time"
      lines={lines}
      yText={durationText}
      include={[0]}
      height={196}
      legend
    />
  )
}

function Quiet() {
  return (
    <div style={{ minHeight: 222 }}>
      <Empty icon="endpoints" title="No requests in this time">
        Send one from the tab “Try it”.
      </Empty>
    </div>
  )
}

function versionLines(points: readonly TrafficPoint[]): ChartLine[] {
  const versions = new Set(points.flatMap((point) => point.versions.map(({ version }) => version)))
  const x = points.map(({ at }) => at)
  return [...versions]
    .toSorted((a, b) => a - b)
    .map((version) => ({
      name: `v${version}`,
      x,
      dots: points.length < 12,
      y: points.map(
        (point) => point.versions.find((each) => each.version === version)?.predictions ?? 0,
      ),
    }))
}
