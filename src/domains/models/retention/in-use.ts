import type { Transaction } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { ModelsReader } from '../store.ts'

/** What later rooms use of a model: version by reason. Read in the change that would delete it. */
export type InUse = (
  db: Transaction<unknown>,
  owner: { project: string; model: string },
) => Promise<ReadonlyMap<number, string>>

export async function usedVersions(
  db: ModelsReader,
  owner: { project: string; model: string },
  inUse: InUse | undefined,
): Promise<ReadonlyMap<number, string>> {
  return inUse === undefined ? new Map() : inUse(db as unknown as Transaction<unknown>, owner)
}

/** Errors: `refused` while the version is in use; without one, while any is. */
export async function refuseUsed(
  db: ModelsReader,
  owner: { project: string; model: string },
  inUse: InUse | undefined,
  version?: number,
): Promise<void> {
  const used = [...(await usedVersions(db, owner, inUse))]
  const [number, reason] = used.find(([each]) => version === undefined || each === version) ?? []
  if (number === undefined) return
  throw new GyreError({
    code: 'refused',
    public: `${owner.model}@${number} cannot be deleted. ${reason}`,
  })
}
