import { Modal } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useGo } from '../parts/anchor.tsx'
import { allRooms } from './rooms.ts'
import css from './shortcuts.module.css'

const others: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'To the filter of the page'],
  ['Ctrl K', 'Go to anything by its name'],
  ['↑ ↓', 'Along the rows of a table (also j and k)'],
  ['Enter', 'Open the row'],
  ['Space', 'Choose the row, where rows can be chosen'],
  ['?', 'This list'],
]

/** Hears the keys of the whole page, and shows them on `?`. */
export function Shortcuts() {
  const [shown, setShown] = useState(false)
  usePageKeys(() => setShown(true))
  if (!shown) return null
  return (
    <Modal opened onClose={() => setShown(false)} title="Keys" size="lg">
      <div className={css['lists']}>
        <KeyList rows={allRooms.map(({ key, label }) => [`g ${key}`, label])} title="Rooms" />
        <KeyList rows={others} title="Everywhere" />
      </div>
    </Modal>
  )
}

function KeyList({ rows, title }: { rows: readonly (readonly [string, string])[]; title: string }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className={css['list']}>
        {rows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function usePageKeys(showList: () => void): void {
  const go = useGo()
  const act = useRef({ go, showList })
  act.current = { go, showList }
  useEffect(() => {
    const state = { goPressedAt: Number.NEGATIVE_INFINITY }
    const hear = (event: KeyboardEvent) => hearKey(event, state, act.current)
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [])
}

interface KeyActs {
  go: (to: string) => void
  showList: () => void
}

function hearKey(
  event: KeyboardEvent,
  state: { goPressedAt: number },
  { go, showList }: KeyActs,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
  const room = allRooms.find(({ key }) => key === event.key)
  if (room !== undefined && event.timeStamp - state.goPressedAt < 1200) {
    event.preventDefault()
    state.goPressedAt = Number.NEGATIVE_INFINITY
    go(room.to)
    return
  }
  state.goPressedAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY
  if (event.key === '?') showList()
  if (event.key === '/') {
    event.preventDefault()
    document.querySelector<HTMLInputElement>('[data-filter]')?.focus()
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  )
}
