import { type KeyboardEvent, useId, useState } from 'react'
import { useGo } from '../parts/anchor.tsx'
import { Icon } from '../parts/icon.tsx'
import css from './palette-search.module.css'
import { type PaletteEntry, usePaletteEntries } from './palette-entries.ts'

/** A list of places that narrows while one types; arrows and Enter choose. */
export function PaletteSearch({ close }: { close: () => void }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const go = useGo()
  const listId = useId()
  const found = matching(usePaletteEntries(), text)
  const open = (entry: PaletteEntry | undefined) => {
    if (entry === undefined) return
    close()
    go(entry.to)
  }
  const press = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (event.key === 'Enter') open(found[at])
    if (step === 0 || found.length === 0) return
    event.preventDefault()
    setAt((at + step + found.length) % found.length)
  }
  return (
    <div onKeyDown={press}>
      <div className={css['field']}>
        <Icon name="search" />
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={found[at] === undefined ? undefined : `${listId}-${at}`}
          aria-label="Go to"
          placeholder="A room, data set, model, endpoint, or a subject such as run:…"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setAt(0)
          }}
        />
      </div>
      <ul role="listbox" id={listId} aria-label="Places" className={css['list']}>
        {found.map((entry, index) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the field hears the keys
          <li
            key={entry.to}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === at}
            className={css['entry']}
            onClick={() => open(entry)}
            onMouseMove={() => setAt(index)}
          >
            <Icon name={entry.icon} size={15} />
            <span>{entry.label}</span>
            <span className={css['kind']}>{entry.kind}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className={css['none']}>Nothing has this name.</p> : null}
    </div>
  )
}

/** Entries that hold every word; those that begin with the text come first. */
function matching(entries: readonly PaletteEntry[], text: string): PaletteEntry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const holds = (entry: PaletteEntry) => {
    const name = `${entry.kind} ${entry.label}`.toLowerCase()
    return words.every((word) => name.includes(word))
  }
  const rank = (entry: PaletteEntry) =>
    entry.label.toLowerCase().startsWith(words[0] ?? '') ? 0 : 1
  const found = entries.filter(holds).toSorted((a, b) => rank(a) - rank(b))
  const typed = /^[a-z]+:.+/.test(text.trim()) ? [whyEntry(text.trim())] : []
  return [...typed, ...found].slice(0, 12)
}

function whyEntry(subject: string): PaletteEntry {
  return {
    label: `Why ${subject}`,
    kind: 'journal',
    icon: 'journal',
    to: `/why/${encodeURIComponent(subject)}`,
  }
}
