import { Modal } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { lazy, Suspense, useState } from 'react'
import { Bones } from '../parts/bones.tsx'

const Search = lazy(async () => ({ default: (await import('./palette-search.tsx')).PaletteSearch }))

/** Ctrl+K: goes to anything by its name. */
export function CommandPalette() {
  const [shown, setShown] = useState(false)
  useHotkeys([['mod+K', () => setShown(true)]], [])
  if (!shown) return null
  return (
    <Modal
      opened
      onClose={() => setShown(false)}
      withCloseButton={false}
      padding={0}
      size={560}
      attributes={{ content: { 'aria-label': 'Go to' } }}
    >
      <Suspense fallback={<Bones rows={6} />}>
        <Search close={() => setShown(false)} />
      </Suspense>
    </Modal>
  )
}
