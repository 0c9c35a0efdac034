import { type RawBuilder, sql } from 'kysely'
import { noteTag, parentRunTag, runNameTag } from './mirrored-tags.ts'

/** What a tag mirrors, as a column of `runs` that is null when there is no such tag. */
export function mirroredColumn(tag: string): RawBuilder<unknown> | undefined {
  if (tag === runNameTag) return sql.ref('runs.name')
  if (tag === noteTag) return sql`nullif(runs.description, '')`
  if (tag === parentRunTag) return sql.ref('runs.parent')
  return undefined
}
