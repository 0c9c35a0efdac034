import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { collected, serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
import { formatMoment } from './output.ts'

const tables = ['runs', 'parameters', 'tags', 'metrics', 'points'] as const

interface TableFlags {
  experiment?: string[]
}

interface ExportFlags extends TableFlags {
  format: 'csv' | 'parquet'
  out?: string
}

/** What was tracked, as tables: to ask in SQL and to take along. */
export function registerRunTables(runs: Command): void {
  serverCommand(runs, 'sql <query>', `One SELECT over ${tables.join(', ')}, in DuckDB's dialect`)
    .option('--experiment <id>', 'only of this experiment; may be repeated', collected)
    .option('--max-rows <count>', 'further rows are cut off', wholeNumber(1), 1000)
    .action(
      serverAction(async (session, sql: string, flags: TableFlags & { maxRows: number }) => {
        const { client, project, out } = session
        const experiments = await numbersOf(session, flags)
        const found = await client.runs.queryRuns({
          params: { project },
          body: {
            sql,
            maxRows: flags.maxRows,
            ...(experiments === undefined ? {} : { experiments }),
          },
        })
        out.result(found, () => {
          const isMoment = found.columns.map((column) => column.type === 'timestamp')
          out.table(
            found.columns.map((column) => column.name),
            found.rows.map((row) =>
              row.map((cell, i) =>
                isMoment[i] === true && typeof cell === 'number' ? formatMoment(cell) : cell,
              ),
            ),
          )
          if (found.truncated) out.note(`Only the first ${flags.maxRows} rows: see --max-rows.`)
        })
      }),
    )
  serverCommand(runs, 'export <table>', `Save ${tables.join(', ')} as a file`)
    .addOption(new Option('--format <format>', 'how').choices(['csv', 'parquet']).default('csv'))
    .option('--experiment <id>', 'only of this experiment; may be repeated', collected)
    .option('--out <file>', 'where to (default: TABLE.FORMAT)')
    .action(
      serverAction(async (session, table: (typeof tables)[number], flags: ExportFlags) => {
        const { client, project, out } = session
        const experiment = await numbersOf(session, flags)
        const { content } = await client.runs.exportRuns({
          params: { project },
          query: {
            table,
            format: flags.format,
            ...(experiment === undefined ? {} : { experiment }),
          },
        })
        const file = flags.out ?? `${table}.${flags.format}`
        await pipeline(content, createWriteStream(file))
        out.result({ file }, () => out.line(file))
      }),
    )
}

/** Experiments as their numbers; a name is looked up. */
async function numbersOf(
  { client, project }: Session,
  { experiment }: TableFlags,
): Promise<number[] | undefined> {
  if (experiment === undefined) return undefined
  const numbers: number[] = []
  for (const name of experiment) {
    const found = await client.runs.getExperiment({ params: { project, experiment: name } })
    numbers.push(Number(found.id))
  }
  return numbers
}
