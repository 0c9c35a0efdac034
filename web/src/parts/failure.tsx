import { Button } from '@mantine/core'
import { failureOf } from './failure-text.ts'
import css from './failure.module.css'
import { Icon } from './icon.tsx'

/** What went wrong, as the server says it (what, where, what to do), and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { title, text } = failureOf(error)
  return (
    <div role="alert" className={css['failure']}>
      <span className={css['mark']}>
        <Icon name="warning" size={16} />
      </span>
      <div className={css['words']}>
        <p className={css['title']}>{title}</p>
        <p className={css['text']}>{text}</p>
      </div>
      {retry === undefined ? null : (
        <Button size="compact-sm" variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  )
}

/** A failed action, in one line beside what was pressed. */
export function FailureLine({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null
  return (
    <p role="alert" className={css['line']}>
      <Icon name="warning" size={14} />
      <span>{failureOf(error).text}</span>
    </p>
  )
}
