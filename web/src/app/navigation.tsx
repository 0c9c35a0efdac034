import { useLocation } from '@tanstack/react-router'
import { Anchor } from '../parts/anchor.tsx'
import { useRead } from '../parts/client.tsx'
import { Icon } from '../parts/icon.tsx'
import { places } from '../parts/places.ts'
import { LiveMark } from './live-mark.tsx'
import css from './navigation.module.css'
import { ProjectMenu } from './project-menu.tsx'
import { houseRooms, loopRooms, type RoomEntry } from './rooms.ts'
import { ThemeSwitch } from './theme-switch.tsx'

/** The rooms in loop order, and what concerns the whole house below them. */
export function Navigation({
  project,
  projects,
}: {
  project: string
  projects: readonly string[]
}) {
  return (
    <nav className={css['rail']} aria-label="Rooms">
      <Anchor to={places.loop()} className={css['mark']} aria-label="Gyre, to the loop">
        <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" className={css['plate']} />
          <path d="M24.2 12.2A9 9 0 1 0 25 16" className={css['stroke']} />
          <circle cx="24.6" cy="16" r="2.6" className={css['dot']} />
        </svg>
        <span className={css['word']}>Gyre</span>
      </Anchor>
      <ProjectMenu project={project} projects={projects} />
      <div className={css['rooms']}>
        <RoomList rooms={loopRooms} />
        <hr className={css['rule']} />
        <RoomList rooms={houseRooms} />
      </div>
      <div className={css['foot']}>
        <LiveMark />
        <ThemeSwitch />
        <ServerVersion />
      </div>
    </nav>
  )
}

function RoomList({ rooms }: { rooms: readonly RoomEntry[] }) {
  const { pathname } = useLocation()
  return (
    <ul className={css['list']}>
      {rooms.map((room) => (
        <li key={room.to}>
          <Anchor
            to={room.to}
            className={css['room']}
            aria-current={isIn(pathname, room.to) ? 'page' : undefined}
            title={`${room.label} (g ${room.key})`}
          >
            <Icon name={room.icon} />
            <span className={css['label']}>{room.label}</span>
          </Anchor>
        </li>
      ))}
    </ul>
  )
}

/** Places that lie in a room by their matter but not by their address. */
const annexes: Readonly<Record<string, readonly string[]>> = {
  '/runs': ['/compare'],
  '/pipelines': ['/executions', '/triggers'],
  '/endpoints': ['/rollouts'],
  '/alerts': ['/alarms'],
  '/journal': ['/lineage', '/why'],
}

function isIn(pathname: string, room: string): boolean {
  if (room === '/') return pathname === '/'
  return [room, ...(annexes[room] ?? [])].some(
    (place) => pathname === place || pathname.startsWith(`${place}/`),
  )
}

function ServerVersion() {
  const server = useRead(['server', 'describe'], (client) => client.server.describe(), {
    watch: [],
  })
  return (
    <span className={css['version']}>
      {server.data === undefined ? '' : `Gyre ${server.data.version}`}
    </span>
  )
}
