import { GyreError } from '#kernel/errors'
import type { Context, Reach } from '#domains/access/index'
import { type ExperimentInfo, getExperiment } from '#domains/runs/index'

/** An experiment within reach by its id, never by its name. Errors: `not_found`, `forbidden`. */
export async function requireExperiment(
  ctx: Context,
  reach: Reach,
  id: string,
): Promise<ExperimentInfo> {
  const { project } = reach
  if (/^\d{1,15}$/.test(id)) reach.require(String(Number(id)))
  const found = /^\d{1,15}$/.test(id)
    ? await getExperiment(ctx, { project, experiment: id }).catch((thrown: unknown) => {
        if (thrown instanceof GyreError && thrown.code === 'not_found') return undefined
        throw thrown
      })
    : undefined
  if (found?.id === id) return found
  throw new GyreError({
    code: 'not_found',
    public: `No Experiment with id=${id.slice(0, 60)} exists`,
  })
}
