import { createContext, use, useSyncExternalStore } from 'react'
import type { Line, LineState } from './line.ts'
import css from './live-mark.module.css'

const LineContext = createContext<Line | undefined>(undefined)

export const LineProvider = LineContext

const words: Record<LineState, { label: string; title: string }> = {
  connecting: { label: 'Connecting', title: 'Waiting for the server’s events' },
  live: { label: 'Live', title: 'What happens on the server shows here at once' },
  lost: { label: 'Offline', title: 'The line to the server is lost; trying again' },
}

/** Whether the page hears of changes as they happen. */
export function LiveMark() {
  const state = useLine()
  return (
    <span className={css['mark']} data-state={state} title={words[state].title} role="status">
      <i aria-hidden="true" />
      <span className={css['label']}>{words[state].label}</span>
    </span>
  )
}

function useLine(): LineState {
  const line = use(LineContext)
  if (line === undefined) throw new Error('There is no LineProvider above this component.')
  return useSyncExternalStore(line.subscribe, line.read)
}
