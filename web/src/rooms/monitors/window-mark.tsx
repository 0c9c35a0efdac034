import { Status } from '../../parts/status.tsx'
import type { MonitorWindow } from './monitor-reads.ts'

/** What a window said in sum. */
export function WindowMark({ window }: { window: MonitorWindow | null }) {
  if (window === null) {
    return (
      <Status state="waiting" plain>
        none yet
      </Status>
    )
  }
  if (window.alarms > 0) {
    return (
      <Status state="alarm" plain>
        {window.alarms === 1 ? '1 alarm' : `${window.alarms} alarms`}
      </Status>
    )
  }
  return <Status state="calm" plain />
}
