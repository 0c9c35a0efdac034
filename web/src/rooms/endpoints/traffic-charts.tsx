import { SegmentedControl } from '@mantine/core'
import { useMemo } from 'react'
import { BoneBlock } from '../../parts/bones.tsx'
import { Empty } from '../../parts/empty.tsx'
import { useNow } from '../../parts/instant.tsx'
import { type ChartLine, LineChart } from '../../parts/line-chart.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { compactText, durationText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { type TrafficPoint, useTraffic } from './endpoint-reads.ts'

const minuteMs = 60_000
const spans = [
  { value: '60', label: '1 h' },
  { value: '360', label: '6 h' },
  { value: '1440', label: '1 d' },
  { value: '10080', label: '7 d' },
]

/** Throughput by version and latency, minute by minute. */
export function TrafficCharts({ endpoint }: { endpoint: string }) {
  const [minutes, setMinutes] = useUrlText('minutes', '60')
  const shown = Number(minutes) || 60
  const traffic = useTraffic(endpoint, shown)
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
          {({ items }) => <Throughput points={items} minutes={shown} />}
        </Loaded>
      </Section>
      <Section title="Latency" hint="On the server, per request">
        <Loaded query={traffic} bones={<BoneBlock height={222} />}>
          {({ items }) => <Latency points={items} minutes={shown} />}
        </Loaded>
      </Section>
    </div>
  )
}

interface TrafficProps {
  points: readonly TrafficPoint[]
  /** How far back the chart goes. */
  minutes: number
}

function Throughput({ points, minutes }: TrafficProps) {
  const grid = useMinutes(points, minutes)
  const lines = useMemo(() => versionLines(points, grid), [points, grid])
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

function Latency({ points, minutes }: TrafficProps) {
  const grid = useMinutes(points, minutes)
  const lines = useMemo((): ChartLine[] => {
    const byMinute = new Map(points.map((point) => [point.at, point]))
    const line = (name: string, valueOf: (point: TrafficPoint) => number | null): ChartLine => ({
      name,
      x: grid,
      y: grid.map((at) => {
        const point = byMinute.get(at)
        return point === undefined ? null : valueOf(point)
      }),
      dots: points.length < 12,
      gaps: true,
    })
    return [line('p50', ({ p50Ms }) => p50Ms), line('p99', ({ p99Ms }) => p99Ms)]
  }, [points, grid])
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

/** Every minute of the span, those without traffic too; it moves on with the newest answer. */
function useMinutes(points: readonly TrafficPoint[], minutes: number): number[] {
  const minute = Math.floor(useNow() / minuteMs) * minuteMs
  return useMemo(() => {
    const last = Math.max(points.at(-1)?.at ?? 0, minute)
    return Array.from({ length: minutes }, (_, index) => last - (minutes - 1 - index) * minuteMs)
  }, [points, minutes, minute])
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

function versionLines(points: readonly TrafficPoint[], grid: readonly number[]): ChartLine[] {
  const byMinute = new Map(points.map((point) => [point.at, point]))
  const versions = new Set(points.flatMap((point) => point.versions.map(({ version }) => version)))
  const count = (at: number, version: number) =>
    byMinute.get(at)?.versions.find((each) => each.version === version)?.predictions ?? 0
  return [...versions]
    .toSorted((a, b) => a - b)
    .map((version) => ({ name: `v${version}`, x: grid, y: grid.map((at) => count(at, version)) }))
}
