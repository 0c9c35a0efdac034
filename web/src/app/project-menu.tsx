import { Menu } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { Icon } from '../parts/icon.tsx'
import css from './project-menu.module.css'

/** Which project is shown, and the way to another one: to its loop. */
export function ProjectMenu({
  project,
  projects,
}: {
  project: string
  projects: readonly string[]
}) {
  const router = useRouter()
  const choose = (name: string) => router.history.push(`/?project=${encodeURIComponent(name)}`)
  return (
    <Menu position="bottom-start" width={220}>
      <Menu.Target>
        <button type="button" className={css['button']}>
          <span className={css['letter']} aria-hidden="true">
            {project.slice(0, 1)}
          </span>
          <span className={css['name']}>
            <span className="visually-hidden">Project </span>
            {project}
          </span>
          <span className={css['arrow']}>
            <Icon name="down" size={14} />
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Projects</Menu.Label>
        {projects.map((name) => (
          <Menu.Item
            key={name}
            onClick={() => choose(name)}
            rightSection={name === project ? <Icon name="check" size={14} /> : null}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
