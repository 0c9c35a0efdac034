import { access, writeFile } from 'node:fs/promises'
import { basename, extname, isAbsolute, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { GyreError, invalid } from '#kernel/errors'
import { checkName } from '#kernel/names'
import {
  finiteNumber,
  localAction,
  localCommand,
  serverAction,
  serverCommand,
  wholeNumber,
} from './command.ts'
import { formatCount } from './output.ts'

interface InitOptions {
  data: string
  target: string
  name?: string
  force?: boolean
}

export function registerInit(program: Command): void {
  localCommand(program, 'init', 'Write a starting repository for a table of yours')
    .requiredOption('--data <file>', 'CSV, Parquet or JSON, below this directory')
    .requiredOption('--target <column>', 'what to predict: a column, or name=expression')
    .option('--name <name>', 'of the project (default: as the file is called)')
    .option('--force', 'replace files that are there')
    .action(
      localAction(async ({ out, directory }, options: InitOptions) => {
        const { openTable } = await import('#app/starter/split-rows')
        const { guessTarget } = await import('#app/starter/target')
        const { profileTable } = await import('#app/starter/profile-table')
        const { starterFiles } = await import('#app/starter/starter-files')
        const { withFrames } = await import('#app/training/frames')
        const path = pathBelow(directory, options.data)
        const name = checkName('project', options.name ?? nameOf(path))
        const { target, profile } = await withFrames(async (session) => {
          const table = await openTable(session, join(directory, path))
          const guessed = await guessTarget(session, { ...table, path }, options.target)
          return { target: guessed, profile: await profileTable(session, table, guessed) }
        })
        if (profile.features.length === 0) {
          throw invalid(`${path} has no column that could be learned from: none is a number.`)
        }
        const files = starterFiles({ name, path, target, profile })
        await writeFiles(directory, files, options.force === true)
        const written = Object.keys(files)
        out.result({ name, target, features: profile.features, written }, () => {
          out.line(`Wrote ${written.join(', ')}.`)
          out.line(
            `${formatCount(profile.rows)} rows; to be predicted: ${target.name}; features: ${profile.features.join(', ')}.`,
          )
          out.line('Next, with a server running (gyre up):')
          for (const step of [
            'gyre apply',
            `gyre data commit ${name}`,
            'gyre repro',
            `gyre why endpoint:${name}`,
          ]) {
            out.line(`  ${step}`)
          }
        })
      }),
    )
}

interface SplitOptions {
  target: string
  holdout: number
  by?: string
  seed: number
  dataset?: string
  training: string
  keptBack: string
}

export function registerSplit(program: Command): void {
  serverCommand(
    program,
    'split <file>',
    'Divide a table into rows to learn from and rows to judge by',
  )
    .requiredOption('--target <column>', 'a column of 0 and 1, or name=expression')
    .option('--holdout <share>', 'of the rows that are kept back', finiteNumber, 0.25)
    .option('--by <column>', 'keep back the last rows by this column; else rows drawn by content')
    .option('--seed <number>', 'for what is drawn', wholeNumber(), 1)
    .option('--dataset <name>', 'the data set of which the file is a part, for its lineage')
    .requiredOption('--training <file>', 'where rows to learn from go')
    .requiredOption('--kept-back <file>', 'where rows to judge by go')
    .action(
      serverAction(async ({ client, project, out }, file: string, options: SplitOptions) => {
        const { splitRows } = await import('#app/starter/split-rows')
        const { withFrames } = await import('#app/training/frames')
        const { dataset, training, keptBack, ...others } = options
        const report = await withFrames((session) =>
          splitRows(session, {
            ...others,
            path: file,
            trainingOut: training,
            holdoutOut: keptBack,
            ...(dataset === undefined ? {} : { dataset: { client, project, name: dataset } }),
          }),
        )
        out.result(report, () => {
          const { training: rows, holdout, dropped, inputs } = report
          const from = inputs.length === 0 ? '' : ` of ${inputs.join(', ')}`
          out.line(
            `${formatCount(rows)} rows to learn from and ${formatCount(holdout)} to judge by${from}.`,
          )
          if (dropped > 0) out.line(`${formatCount(dropped)} rows without a target were left out.`)
        })
      }),
    )
}

/** The path from here; what lies elsewhere would not be in the repository. */
function pathBelow(directory: string, file: string): string {
  const path = relative(directory, resolve(directory, file))
  if (path !== '' && !path.startsWith('..') && !isAbsolute(path)) return path
  throw invalid(`${file} does not lie below ${directory}. Copy it here first.`)
}

function nameOf(file: string): string {
  const name = basename(file, extname(file))
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
  return name === '' ? 'default' : name
}

/** All or nothing: what is there already is named before anything is written. */
async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string>>,
  force: boolean,
): Promise<void> {
  const there: string[] = []
  for (const name of Object.keys(files)) {
    const found = await access(join(directory, name)).then(
      () => true,
      () => false,
    )
    if (found) there.push(name)
  }
  if (there.length > 0 && !force) {
    throw new GyreError({
      code: 'already_exists',
      public: `${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already. Add --force to replace, or go to an empty directory.`,
    })
  }
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), content)
}
