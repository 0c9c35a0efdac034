import { Button, Modal, Textarea } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { FailureLine } from './failure.tsx'

interface ConfirmDialogProps {
  title: string
  /** What will happen. */
  children?: ReactNode
  /** On the button. */
  action: string
  opened: boolean
  busy: boolean
  error: unknown
  close: () => void
  /** Asked for when given; the journal keeps the reason. */
  reasonLabel?: string
  confirm: (reason: string) => void
}

/** Asks before something that matters, and why it is done. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, action, opened, busy, error, close, reasonLabel, confirm } = props
  const [reason, setReason] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm(reason.trim())
  }
  return (
    <Modal opened={opened} onClose={close} title={title}>
      <form onSubmit={submit} className="stack">
        {children}
        {reasonLabel === undefined ? null : (
          <Textarea
            label={reasonLabel}
            description="The journal keeps it"
            autosize
            minRows={2}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        <FailureLine error={error} />
        <div className="row">
          <Button
            type="submit"
            loading={busy}
            disabled={reasonLabel !== undefined && reason.trim() === ''}
          >
            {action}
          </Button>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
        </div>
      </form>
    </Modal>
  )
}
