import type { Context } from '#domains/access/index'

export interface Stamps {
  createdAt: number
  updatedAt: number
  createdBy: string | undefined
  updatedBy: string | undefined
}

interface StampColumns {
  created_at: number
  updated_at: number
  created_by: string | null
  updated_by: string | null
}

/** Of what is new. `by` is who the client says it is; else who asks. */
export function newStamps(ctx: Context, by: string | undefined): StampColumns {
  const now = ctx.clock()
  const who = by ?? ctx.principal.name
  return { created_at: now, updated_at: now, created_by: who, updated_by: who }
}

/** Of what changed. */
export function changeStamps(
  ctx: Context,
  by: string | undefined,
): Pick<StampColumns, 'updated_at' | 'updated_by'> {
  return { updated_at: ctx.clock(), updated_by: by ?? ctx.principal.name }
}

export function stampsFrom(row: StampColumns): Stamps {
  return {
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by ?? undefined,
    updatedBy: row.updated_by ?? undefined,
  }
}
