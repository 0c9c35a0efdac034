import type { ReactNode } from 'react'
import { Command } from './copyable.tsx'
import css from './empty.module.css'
import { Icon, type IconName } from './icon.tsx'

interface EmptyProps {
  icon?: IconName
  title: string
  children?: ReactNode
  /** What to run next, each copied with one click. */
  commands?: readonly string[]
}

/** Nothing here yet: says why, and what to do next. */
export function Empty({ icon = 'info', title, children, commands = [] }: EmptyProps) {
  return (
    <div className={css['empty']}>
      <div className={css['mark']}>
        <Icon name={icon} size={20} />
      </div>
      <p className={css['title']}>{title}</p>
      {children === undefined ? null : <div className={`${css['text']} sentences`}>{children}</div>}
      {commands.length === 0 ? null : (
        <div className={css['commands']}>
          {commands.map((command) => (
            <Command key={command}>{command}</Command>
          ))}
        </div>
      )}
    </div>
  )
}
