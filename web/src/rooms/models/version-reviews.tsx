import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { type ModelVersion, type Review, useModel, useOwnRole, useReviews } from './model-reads.ts'

type Verdict = Review['verdict']

/** What people say of a version, and saying it. */
export function VersionReviews({ version }: { version: ModelVersion }) {
  const reviews = useReviews(version.model, version.version)
  return (
    <div className="columns columns-wide-left">
      <Section title="What people say" hint="The last verdict of a person counts at the gate" flush>
        <Loaded query={reviews}>{({ items }) => <ReviewTable reviews={items} />}</Loaded>
      </Section>
      <SayIt version={version} />
    </div>
  )
}

function ReviewTable({ reviews }: { reviews: readonly Review[] }) {
  return (
    <DataTable
      label="Reviews"
      rows={reviews}
      rowKey={({ id }) => id}
      empty={<Empty icon="models" title="Nobody has said anything yet" />}
      columns={[
        { id: 'verdict', header: 'Verdict', cell: ({ verdict }) => <VerdictMark of={verdict} /> },
        { id: 'comment', header: 'Words', prose: true, cell: ({ comment }) => comment },
        {
          id: 'actor',
          header: 'By',
          cell: ({ actor, role }) => (
            <>
              {actor} <span className="quiet">({role})</span>
            </>
          ),
        },
        { id: 'at', header: 'When', cell: ({ at }) => <Instant at={at} /> },
      ]}
    />
  )
}

function VerdictMark({ of }: { of: Verdict }) {
  if (of === 'comment') return <span className="quiet">comment</span>
  return (
    <Status state={of === 'approved' ? 'passed' : 'refused'} plain>
      {of}
    </Status>
  )
}

function SayIt({ version }: { version: ModelVersion }) {
  const project = useProject()
  const [comment, setComment] = useState('')
  const role = useOwnRole()
  const model = useModel(version.model)
  const params = { project, model: version.model, version: String(version.version) }
  const say = useAct(async (client, verdict: Verdict) => {
    const said = await client.registry.reviewVersion({ params, body: { verdict, comment } })
    setComment('')
    return said
  })
  const asked = model.data?.gate.find((check) => check.check === 'approvals')
  const button = (verdict: Verdict, text: string, variant: 'filled' | 'default') => (
    <Button
      variant={variant}
      disabled={verdict === 'comment' && comment.trim() === ''}
      loading={say.isPending && say.variables === verdict}
      onClick={() => say.mutate(verdict)}
    >
      {text}
    </Button>
  )
  return (
    <Section
      title="Say what you think"
      hint={role.data === undefined ? undefined : `It will be kept as the word of: ${role.data}`}
    >
      <div className="stack-tight">
        {asked?.check === 'approvals' ? (
          <p className="quiet">
            The gate asks for {asked.count} approval{asked.count === 1 ? '' : 's'} by the role{' '}
            {asked.role} or above{asked.by_another ? ', not by who registered it' : ''}.
          </p>
        ) : null}
        <Textarea
          label="Words"
          placeholder="Why, or what should be looked at"
          autosize
          minRows={3}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        <div className="row">
          {button('approved', 'Approve', 'filled')}
          {button('rejected', 'Reject', 'default')}
          {button('comment', 'Comment only', 'default')}
        </div>
        <FailureLine error={say.error} />
      </div>
    </Section>
  )
}
