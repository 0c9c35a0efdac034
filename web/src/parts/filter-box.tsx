import { CloseButton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { Icon } from './icon.tsx'

interface FilterBoxProps {
  value: string
  onChange: (value: string) => void
  label: string
  placeholder: string
  /** Why the filter was not understood. */
  error?: string | undefined
  width?: string
}

/** A filter that follows the typing after a moment. `/` leads here. */
export function FilterBox({ value, onChange, label, placeholder, error, width }: FilterBoxProps) {
  const [text, setText] = useState(value)
  const send = useDebouncedCallback(onChange, 250)
  useEffect(() => setText(value), [value])
  const type = (next: string) => {
    setText(next)
    send(next)
  }
  return (
    <TextInput
      data-filter=""
      size="sm"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      error={error}
      spellCheck={false}
      autoComplete="off"
      style={{ width: width ?? '100%', minWidth: 160 }}
      leftSection={<Icon name="search" size={14} />}
      rightSection={
        text === '' ? null : (
          <CloseButton size="sm" aria-label="Clear the filter" onClick={() => type('')} />
        )
      }
      onChange={(event) => type(event.currentTarget.value)}
    />
  )
}
