import { Instant } from '../../parts/instant.tsx'
import { Status } from '../../parts/status.tsx'
import css from './loop-center.module.css'
import { useTurns } from './loop-reads.ts'

/** Inside the ring: whether it has closed, and how. */
export function LoopCenter() {
  const turns = useTurns()
  const items = turns.data?.items
  const [last] = items ?? []
  return (
    <div className={css['center']}>
      {last === undefined ? (
        <>
          <p className={css['title']}>{items === undefined ? '' : 'The loop has not closed yet'}</p>
          <p className={css['text']}>
            {items === undefined
              ? ''
              : 'It closes when a monitored cause led to a decision about a new version.'}
          </p>
        </>
      ) : (
        <>
          <p className={css['text']}>
            last closed <Instant at={last.at} />
          </p>
          <p className={css['title']}>
            <Status state={last.outcome} />
          </p>
          <p className={css['text']}>{last.sentence}</p>
        </>
      )}
    </div>
  )
}
