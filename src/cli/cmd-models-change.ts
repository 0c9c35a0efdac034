import type { Command } from 'commander'
import { splitAssignment } from './assignment.ts'
import { collected, serverAction, serverCommand, type Session } from './command.ts'
import { splitReference } from './model-reference.ts'

/** What people change of models and versions besides where aliases and stages are. */
export function registerModelsChange(models: Command): void {
  registerCreate(models)
  registerDescribe(models)
  registerTags(models)
  registerRename(models)
  registerDelete(models)
}

function registerCreate(models: Command): void {
  serverCommand(models, 'create <model>', 'Register a model that has no version yet')
    .option('--description <text>', 'for people')
    .action(
      serverAction(
        async (
          { client, project, out },
          model: string,
          { description }: { description?: string },
        ) => {
          const made = await client.registry.createModel({
            params: { project },
            body: { model, ...(description === undefined ? {} : { description }) },
          })
          out.result(made, () => out.line(`${made.name} is there.`))
        },
      ),
    )
}

interface Change {
  description?: string
  tags?: Record<string, string | null>
}

/** Of a version where one is named, else of the model. */
async function change(session: Session, reference: string, body: Change): Promise<void> {
  const { client, project, out } = session
  const { model, version } = splitReference(reference)
  const changed =
    version === undefined
      ? await client.registry.updateModel({ params: { project, model }, body })
      : await client.registry.updateVersion({ params: { project, model, version }, body })
  out.result(changed, () => {
    out.facts([['description', changed.description], ...Object.entries(changed.tags)])
  })
}

function registerDescribe(models: Command): void {
  serverCommand(models, 'describe <model[@version]> <text>', 'Say what it is for').action(
    serverAction((session, reference: string, description: string) =>
      change(session, reference, { description }),
    ),
  )
}

function registerTags(models: Command): void {
  serverCommand(models, 'tag <model[@version]>', 'Set and remove tags')
    .option('--set <key=value>', 'may be given many times', collected)
    .option('--remove <key>', 'may be given many times', collected)
    .action(
      serverAction((session, reference: string, options: { set?: string[]; remove?: string[] }) => {
        const set = (options.set ?? []).map((text) => splitAssignment(text, '--set team=risk'))
        const removed = (options.remove ?? []).map((key) => [key, null] as const)
        return change(session, reference, { tags: Object.fromEntries([...set, ...removed]) })
      }),
    )
}

function registerRename(models: Command): void {
  serverCommand(
    models,
    'rename <model> <name>',
    'Give a model another name; its history stays under the old one',
  ).action(
    serverAction(async ({ client, project, out }, model: string, name: string) => {
      const renamed = await client.registry.renameModel({
        params: { project, model },
        body: { name },
      })
      out.result(renamed, () => out.line(`${model} is called ${renamed.name} now.`))
    }),
  )
}

function registerDelete(models: Command): void {
  serverCommand(
    models,
    'delete <model[@version]>',
    'Delete a version, or a model with its versions; the history stays',
  )
    .option('--all-versions', 'needed to delete a whole model')
    .action(
      serverAction(
        async ({ client, project, out }, reference: string, options: { allVersions?: boolean }) => {
          const { model, version } = splitReference(reference)
          if (version === undefined && options.allVersions !== true) {
            out.note(
              `gyre: This would delete ${model} with all its versions. Say so with --all-versions, or name one: ${model}@3`,
            )
            return 2
          }
          if (version === undefined)
            await client.registry.deleteModel({ params: { project, model } })
          else await client.registry.deleteVersion({ params: { project, model, version } })
          out.result({ deleted: reference }, () => out.line(`${reference} is deleted.`))
          return 0
        },
      ),
    )
}
