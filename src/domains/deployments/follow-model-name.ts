import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import type { DeploymentsTables } from './store.ts'

/**
 * Endpoints go on serving a model that got another name. To be called for the record
 * `model.renamed`, as its consequence; doing it twice changes nothing. An endpoint that was declared
 * after `at` means another model of the old name.
 */
export async function followModelName(
  ctx: Context,
  input: { project: string; from: string; to: string; at: number },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const { project, from, to, at } = input
  await commit(ctx, async (change) => {
    const db = change.sql<DeploymentsTables>()
    const moved = await db
      .updateTable('endpoints')
      .set({ model: to })
      .where('project', '=', project)
      .where('model', '=', from)
      .where('created_at', '<=', at)
      .returning('name')
      .execute()
    if (moved.length === 0) return
    const names = moved.map(({ name }) => name)
    await db
      .updateTable('rollouts')
      .set({ model: to })
      .where('project', '=', project)
      .where('model', '=', from)
      .where('endpoint', 'in', names)
      .execute()
    for (const name of names) {
      change.record({
        verb: 'endpoint.declared',
        subject: subject('endpoint', name),
        project,
        inputs: [subject('model', to)],
        detail: { model: to, was: from },
      })
    }
  })
}
