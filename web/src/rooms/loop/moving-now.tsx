import type { UseQueryResult } from '@tanstack/react-query'
import { Anchor } from '../../parts/anchor.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Section } from '../../parts/section.tsx'
import { Status, StatusShape } from '../../parts/status.tsx'
import type { LoopParts } from './loop-reads.ts'
import { type Movement, movements } from './movements.ts'
import css from './side-list.module.css'

interface MovingNowProps {
  executions: UseQueryResult<NonNullable<LoopParts['executions']>>
  endpoints: UseQueryResult<NonNullable<LoopParts['endpoints']>>
  jobs: UseQueryResult<NonNullable<LoopParts['jobs']>>
}

/** What runs or waits now, and what it waits for. */
export function MovingNow({ executions, endpoints, jobs }: MovingNowProps) {
  const items = movements(
    executions.data?.items ?? [],
    endpoints.data?.items ?? [],
    jobs.data?.items ?? [],
  )
  return (
    <Section title="Moving now" flush>
      <div className={css['list']}>
        {items.length === 0 ? (
          <p className={css['calm']}>
            <StatusShape tone="off" /> Nothing runs, nothing waits.
          </p>
        ) : (
          <ul>
            {items.slice(0, 6).map((item) => (
              <MovingItem key={item.id} item={item} />
            ))}
          </ul>
        )}
      </div>
    </Section>
  )
}

function MovingItem({ item }: { item: Movement }) {
  return (
    <li className={css['item']}>
      {item.to === undefined ? (
        <span className={css['title']}>{item.title}</span>
      ) : (
        <Anchor to={item.to} className={css['title']}>
          {item.title}
        </Anchor>
      )}
      <span className={css['note']}>
        <Status state={item.state} plain />
        <span>{item.reason}</span>
        <Instant at={item.since} />
      </span>
    </li>
  )
}
