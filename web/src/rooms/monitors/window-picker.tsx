import { Select } from '@mantine/core'
import { countText } from '../../parts/number-text.ts'
import { rangeText } from '../../parts/time-text.ts'
import { useUrlText } from '../../parts/url-state.ts'
import type { MonitorWindow } from './monitor-reads.ts'
import { WindowMark } from './window-mark.tsx'

/** Which window is looked at. */
export function WindowPicker({
  windows,
  chosen,
}: {
  windows: readonly MonitorWindow[]
  chosen: MonitorWindow
}) {
  const [, setStart] = useUrlText('window')
  return (
    <div className="row">
      <Select
        aria-label="Window"
        allowDeselect={false}
        value={String(chosen.start)}
        data={windows.map((window) => ({
          value: String(window.start),
          label: `${rangeText(window.start, window.end)}${window.alarms > 0 ? ' – alarm' : ''}`,
        }))}
        onChange={(value) => setStart(value ?? '')}
        style={{ width: 260 }}
      />
      <WindowMark window={chosen} />
      <span className="quiet">
        {countText(chosen.rows)} predictions, {countText(chosen.labelled)} labelled, by{' '}
        {chosen.versions.map(({ version }) => `v${version}`).join(' and ')}
      </span>
    </div>
  )
}
