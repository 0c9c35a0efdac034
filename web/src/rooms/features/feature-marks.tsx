import { Instant } from '../../parts/instant.tsx'
import { counted } from '../../parts/number-text.ts'
import { Status } from '../../parts/status.tsx'
import { type FeatureView, useChecks } from './feature-reads.ts'

/** Up to which data version the online store knows a view. */
export function MaterializedMark({ view }: { view: FeatureView }) {
  const { materialized, source } = view
  if (materialized === null) {
    return (
      <Status state="waiting" plain>
        not online yet
      </Status>
    )
  }
  return (
    <span className="row">
      <Status state="fresh" plain>
        {`${source} v${materialized.dataVersion}`}
      </Status>
      <span className="quiet">
        {counted(materialized.entities, 'entity', 'entities')},{' '}
        <Instant at={materialized.materializedAt} />
      </span>
    </span>
  )
}

/** What the last consistency check of a service found. */
export function ConsistencyMark({ service }: { service: string }) {
  const checks = useChecks(service)
  const [last] = checks.data?.items ?? []
  if (checks.data === undefined) return <span className="faint">…</span>
  if (last === undefined) {
    return (
      <Status state="waiting" plain>
        not checked yet
      </Status>
    )
  }
  return (
    <Status state={last.consistent ? 'equal' : 'inconsistent'} plain>
      {last.consistent ? `equal on ${counted(last.rows, 'row')}` : `${last.mismatches} mismatches`}
    </Status>
  )
}
