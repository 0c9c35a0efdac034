import { Button, SegmentedControl, Select } from '@mantine/core'
import { FilterBox } from '../../parts/filter-box.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { useChartRange, useChartView } from './chart-view.ts'

interface ChartBarProps {
  filter: string
  setFilter: (text: string) => void
}

/** Which metrics are drawn, and how. */
export function ChartBar({ filter, setFilter }: ChartBarProps) {
  const [scale, setScale] = useUrlText('scale', 'linear')
  const [x, setX] = useUrlText('x', 'step')
  const [smooth, setSmooth] = useUrlText('smooth', '0')
  const { from, to } = useChartView()
  const setRange = useChartRange()
  return (
    <div className="row">
      <FilterBox
        value={filter}
        onChange={setFilter}
        label="Filter metrics"
        placeholder="Filter metrics"
        width="240px"
      />
      <SegmentedControl
        size="sm"
        aria-label="Horizontal axis"
        value={x}
        onChange={setX}
        data={[
          { value: 'step', label: 'Step' },
          { value: 'relative', label: 'Seconds' },
          { value: 'time', label: 'Time' },
        ]}
      />
      <SegmentedControl
        size="sm"
        aria-label="Vertical scale"
        value={scale}
        onChange={setScale}
        data={[
          { value: 'linear', label: 'Linear' },
          { value: 'log', label: 'Log' },
        ]}
      />
      <Select
        size="sm"
        aria-label="Smoothing"
        allowDeselect={false}
        value={smooth}
        onChange={(value) => setSmooth(value ?? '0')}
        data={[
          { value: '0', label: 'Not smoothed' },
          { value: '0.6', label: 'Smoothed 0.6' },
          { value: '0.9', label: 'Smoothed 0.9' },
          { value: '0.97', label: 'Smoothed 0.97' },
        ]}
        style={{ width: 150 }}
      />
      {from === undefined || to === undefined ? null : (
        <Button size="sm" variant="default" onClick={() => setRange()}>
          Steps {from} to {to}: show all
        </Button>
      )}
    </div>
  )
}
