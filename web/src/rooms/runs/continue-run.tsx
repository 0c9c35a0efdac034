import { Button, Modal, NumberInput, SegmentedControl, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { places } from '../../parts/places.ts'
import { useProject } from '../../parts/project.tsx'
import type { Run } from './run-reads.ts'

type Way = 'fork' | 'rewind'

interface Wish {
  way: Way
  step: number
  name: string
}

/** Goes on from a step of a run: in a new run that shares what was before, or in the run itself. */
export function ContinueRun({ run }: { run: Run }) {
  const [opened, setOpened] = useState(false)
  if (run.metricSummaries.length === 0) return null
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpened(true)}>
        Continue from a step
      </Button>
      {opened ? <ContinueModal run={run} close={() => setOpened(false)} /> : null}
    </>
  )
}

function ContinueModal({ run, close }: { run: Run; close: () => void }) {
  const project = useProject()
  const navigate = useNavigate()
  const last = Math.max(...run.metricSummaries.map(({ step }) => step))
  const [wish, setWish] = useState<Wish>({ way: 'fork', step: last, name: '' })
  const act = useAct((client, { way, step, name }: Wish) => {
    const params = { project, run: run.id }
    const named = name.trim() === '' ? {} : { name: name.trim() }
    return way === 'fork'
      ? client.runs.forkRun({ params, body: { step, ...named } })
      : client.runs.rewindRun({ params, body: { step } })
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    act.mutate(wish, {
      onSuccess: ({ id }) => {
        close()
        void navigate({ to: places.run(id) })
      },
    })
  }
  return (
    <Modal opened onClose={close} title={`Continue ${run.name}`}>
      <form onSubmit={submit} className="stack">
        <WishFields run={run} wish={wish} setWish={setWish} last={last} />
        <FailureLine error={act.error} />
        <Button type="submit" loading={act.isPending} disabled={!Number.isSafeInteger(wish.step)}>
          {wish.way === 'fork' ? 'Make the new run' : `Go back to step ${wish.step}`}
        </Button>
      </form>
    </Modal>
  )
}

interface WishFieldsProps {
  run: Run
  wish: Wish
  setWish: (wish: Wish) => void
  last: number
}

function WishFields({ run, wish, setWish, last }: WishFieldsProps) {
  return (
    <>
      <SegmentedControl
        aria-label="How to continue"
        fullWidth
        value={wish.way}
        onChange={(way) => setWish({ ...wish, way: way as Way })}
        data={[
          { value: 'fork', label: 'In a new run' },
          { value: 'rewind', label: 'In this run' },
        ]}
      />
      <p className="quiet">
        {wish.way === 'fork'
          ? 'The new run has the metrics up to the step and the parameters. The points are shared, not copied.'
          : 'The run loses what came after the step. A deleted run keeps all that it had, and this can be undone.'}
      </p>
      <NumberInput
        label="Last step that is kept"
        description={`The run is at step ${last}.`}
        allowDecimal={false}
        data-autofocus
        value={wish.step}
        onChange={(value) => setWish({ ...wish, step: value === '' ? Number.NaN : Number(value) })}
      />
      {wish.way === 'fork' ? (
        <TextInput
          label="Name"
          placeholder={`${run.name} from ${wish.step}`}
          value={wish.name}
          onChange={(event) => setWish({ ...wish, name: event.currentTarget.value })}
        />
      ) : null}
    </>
  )
}
