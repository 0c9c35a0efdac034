import type { Command } from 'commander'
import { serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
import { paramsOf } from './model-reference.ts'
import { formatMoment } from './output.ts'

type AliasMove = Awaited<ReturnType<Session['client']['models']['listAliasMoves']>>['items'][number]
type StageMove = Awaited<
  ReturnType<Session['client']['registry']['listStageMoves']>
>['items'][number]

/** Aliases and stages: moving them, and where they were. */
export function registerModelsPointers(models: Command): void {
  registerAliases(models)
  registerStages(models)
  registerHistory(models)
}

interface AliasOptions {
  reason?: string
  override?: boolean
}

function registerAliases(models: Command): void {
  serverCommand(
    models,
    'alias <model> <alias> [version]',
    'Point an alias at a version; without one, remove it',
  )
    .option('--reason <text>', 'why; is kept')
    .option('--override', 'move champion against its gate; is recorded')
    .action(
      serverAction(
        async (
          { client, project, out },
          model: string,
          alias: string,
          version: string | undefined,
          options: AliasOptions,
        ) => {
          const params = { project, model, alias }
          const reason = options.reason ?? 'Moved with gyre models alias.'
          const move =
            version === undefined
              ? await client.models.removeAlias({ params, query: { reason } })
              : await client.models.setAlias({
                  params,
                  body: {
                    version: wholeNumber(1)(version),
                    reason,
                    override: options.override === true,
                  },
                })
          out.result(move, () => {
            const target = move.version === null ? 'nowhere' : `at ${model}@${move.version}`
            out.line(`${alias} points ${target} (before: ${move.previous ?? 'nowhere'})`)
          })
        },
      ),
    )
}

interface StageOptions extends AliasOptions {
  archiveOthers?: boolean
}

function registerStages(models: Command): void {
  serverCommand(
    models,
    'stage <model@version> <stage>',
    'Move a version to None, Staging, Production or Archived',
  )
    .option('--reason <text>', 'why; is kept')
    .option('--archive-others', 'move what is in that stage to Archived')
    .option('--override', 'move into a guarded stage against its gate; is recorded')
    .action(
      serverAction(async (session, reference: string, stage: string, options: StageOptions) => {
        const { client, out } = session
        const known = stages.find((each) => each.toLowerCase() === stage.toLowerCase())
        if (known === undefined) {
          out.note(`gyre: There is no stage "${stage}". The stages are ${stages.join(', ')}.`)
          return 2
        }
        const moved = await client.registry.setStage({
          params: paramsOf(session, reference),
          body: {
            stage: known,
            archiveOthers: options.archiveOthers === true,
            reason: options.reason ?? 'Moved with gyre models stage.',
            override: options.override === true,
          },
        })
        out.result(moved, () => out.line(`${moved.model}@${moved.version} is in ${moved.stage}.`))
        return 0
      }),
    )
}

const stages = ['None', 'Staging', 'Production', 'Archived'] as const

function registerHistory(models: Command): void {
  serverCommand(
    models,
    'history <model>',
    'Every move of aliases and stages, or where they were at a time',
  )
    .option('--at <time>', 'an instant: 2001-06-30T12:00:00Z')
    .action(
      serverAction((session, model: string, { at }: { at?: string }) =>
        at === undefined ? tellMoves(session, model) : tellPointers(session, model, at),
      ),
    )
}

async function tellPointers({ client, project, out }: Session, model: string, at: string) {
  const { parseInstant } = await import('#kernel/time')
  const found = await client.registry.pointersAt({
    params: { project, model },
    query: { at: parseInstant(at) },
  })
  const pointers = [
    ...found.aliases.map((each) => ({ name: each.alias, ...each })),
    ...found.stages.map((each) => ({ name: each.stage, ...each })),
  ]
  out.result(found, () =>
    out.table(
      ['alias or stage', 'version', 'since', 'by', 'why'],
      pointers.map(({ name, version, movedAt, actor, reason }) => [
        name,
        version,
        formatMoment(movedAt),
        actor,
        reason,
      ]),
    ),
  )
}

async function tellMoves({ client, project, out }: Session, model: string): Promise<void> {
  const params = { project, model }
  const { items } = await client.models.listAliasMoves({ params })
  const stages = await client.registry.listStageMoves({ params })
  out.result({ items, stages: stages.items }, () =>
    out.table(
      ['when', 'alias or version', 'from', 'to', 'by', 'why'],
      [...items.map(aliasCells), ...stages.items.map(stageCells)]
        .toSorted((a, b) => b.at - a.at)
        .map(({ at, cells, move }) => [
          formatMoment(at),
          ...cells,
          move.actor,
          move.override ? `against the gate: ${move.reason}` : move.reason,
        ]),
    ),
  )
}

function aliasCells(move: AliasMove) {
  return { at: move.at, move, cells: [move.alias, move.previous, move.version] }
}

function stageCells(move: StageMove) {
  return { at: move.at, move, cells: [`version ${move.version}`, move.previous, move.stage] }
}
