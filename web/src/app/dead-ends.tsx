import { Button } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { Anchor } from '../parts/anchor.tsx'
import { Empty } from '../parts/empty.tsx'
import { Failure } from '../parts/failure.tsx'
import { Page } from '../parts/page.tsx'
import { places } from '../parts/places.ts'

export function NotFound() {
  return (
    <Page title="Nothing here">
      <Empty icon="search" title="No page has this address">
        The link may be old, or a name in it changed. Start again from the{' '}
        <Anchor to={places.loop()}>loop</Anchor>, or search with Ctrl+K.
      </Empty>
    </Page>
  )
}

/** A defect of the page itself: the rest of it stays usable. */
export function PageCrash({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="This page failed">
      <Failure error={error} retry={reset} />
      <div>
        <Button variant="default" onClick={() => location.reload()}>
          Load the page anew
        </Button>
      </div>
    </Page>
  )
}
