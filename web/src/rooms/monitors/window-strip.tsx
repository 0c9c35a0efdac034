import { rangeText } from '../../parts/time-text.ts'
import { useWindows } from './monitor-reads.ts'
import css from './window-strip.module.css'

/** The last windows as small marks: calm ones low, those with alarms high. */
export function WindowStrip({ monitor }: { monitor: string }) {
  const windows = useWindows(monitor)
  const shown = (windows.data?.items ?? []).slice(0, 40).toReversed()
  const alarms = shown.filter((window) => window.alarms > 0).length
  return (
    <span
      className={css['strip']}
      role="img"
      aria-label={`${alarms} of the last ${shown.length} windows had alarms`}
    >
      {shown.map((window) => (
        <i
          key={window.start}
          data-alarm={window.alarms > 0}
          title={`${rangeText(window.start, window.end)}: ${window.alarms === 0 ? 'calm' : `${window.alarms} alarms`}`}
        />
      ))}
    </span>
  )
}
