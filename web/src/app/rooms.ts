import type { IconName } from '../parts/icon.tsx'
import { places } from '../parts/places.ts'

export interface RoomEntry {
  label: string
  icon: IconName
  to: string
  /** Pressed after g. */
  key: string
}

/** The rooms in the order of the loop. */
export const loopRooms: readonly RoomEntry[] = [
  { label: 'Loop', icon: 'loop', to: places.loop(), key: 'l' },
  { label: 'Data', icon: 'data', to: places.data(), key: 'd' },
  { label: 'Features', icon: 'features', to: places.features(), key: 'f' },
  { label: 'Runs', icon: 'runs', to: places.runs(), key: 'r' },
  { label: 'Models', icon: 'models', to: places.models(), key: 'm' },
  { label: 'Pipelines', icon: 'pipelines', to: places.pipelines(), key: 'p' },
  { label: 'Endpoints', icon: 'endpoints', to: places.endpoints(), key: 'e' },
  { label: 'Monitors', icon: 'monitors', to: places.monitors(), key: 'o' },
  { label: 'Alerts', icon: 'alerts', to: places.alerts(), key: 'a' },
]

export const houseRooms: readonly RoomEntry[] = [
  { label: 'Journal', icon: 'journal', to: places.journal(), key: 'j' },
  { label: 'Settings', icon: 'settings', to: places.settings(), key: 's' },
]

export const allRooms: readonly RoomEntry[] = [...loopRooms, ...houseRooms]
