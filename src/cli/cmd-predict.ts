import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { invalid } from '#kernel/errors'
import { serverAction, serverCommand, type Session } from './command.ts'
import { formatCount, formatNumber } from './output.ts'

type PredictBody = Parameters<Session['client']['deployments']['predict']>[0]['body']
type LabelsBody = Parameters<Session['client']['deployments']['postLabels']>[0]['body']

export function registerPredict(program: Command): void {
  serverCommand(program, 'predict <endpoint>', 'Predict for rows')
    .requiredOption(
      '-r, --rows <file>',
      'JSON: a row, a list of rows, {rows} or {columns}; one row per line; - reads standard input',
    )
    .option('--version-number <number>', 'ask one loaded version', Number)
    .action(
      serverAction(
        async (
          { client, project, out, directory },
          endpoint: string,
          options: { rows: string; versionNumber?: number },
        ) => {
          const body = predictBody(await readJson(directory, options.rows))
          const answer = await client.deployments.predict({
            params: { project, endpoint },
            body: {
              ...body,
              ...(options.versionNumber === undefined ? {} : { version: options.versionNumber }),
            },
          })
          out.result(answer, () =>
            out.table(
              ['id', { title: 'prediction', align: 'right' }, { title: 'version', align: 'right' }],
              answer.ids.map((id, row) => [
                id,
                numberText(answer.predictions[row]),
                answer.version ?? answer.versions?.[row],
              ]),
            ),
          )
        },
      ),
    )
  serverCommand(program, 'labels <endpoint>', 'Say what came true of predictions')
    .requiredOption(
      '-f, --file <file>',
      'JSON: {ids, labels}, or a list of {id, label}; one per line; - reads standard input',
    )
    .action(
      serverAction(
        async (
          { client, project, out, directory },
          endpoint: string,
          options: { file: string },
        ) => {
          const body = labelsBody(await readJson(directory, options.file))
          const answer = await client.deployments.postLabels({
            params: { project, endpoint },
            body,
          })
          out.result(answer, () => {
            out.line(
              `${formatCount(answer.accepted)} labels, ${formatCount(answer.matched)} of known predictions`,
            )
            if (answer.unknown > 0) {
              out.line(
                `unknown ids: ${formatCount(answer.unknown)}, such as ${answer.unknownIds[0]}`,
              )
            }
          })
        },
      ),
    )
}

function numberText(prediction: number | null | (number | null)[] | undefined): string {
  if (Array.isArray(prediction)) return prediction.map(formatNumber).join(', ')
  return formatNumber(prediction)
}

/** JSON, or one JSON value per line. */
async function readJson(directory: string, file: string): Promise<unknown> {
  const content =
    file === '-' ? await text(process.stdin) : await readFile(resolve(directory, file), 'utf8')
  try {
    return JSON.parse(content) as unknown
  } catch (thrown) {
    const lines = content.split('\n').filter((line) => line.trim() !== '')
    if (lines.length < 2) throw invalid(`${file} is not JSON: ${(thrown as Error).message}`)
    return lines.map((line, i) => parseLine(file, line, i))
  }
}

function parseLine(file: string, line: string, i: number): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch (thrown) {
    throw invalid(`${file}, line ${i + 1}, is not JSON: ${(thrown as Error).message}`)
  }
}

function predictBody(value: unknown): PredictBody {
  if (Array.isArray(value)) return { rows: value as NonNullable<PredictBody['rows']> }
  const members = value as Record<string, unknown>
  const whole = ['rows', 'columns', 'input'].some((name) => typeof members[name] === 'object')
  return whole ? (members as PredictBody) : { rows: [members] as NonNullable<PredictBody['rows']> }
}

function labelsBody(value: unknown): LabelsBody {
  if (!Array.isArray(value)) return value as LabelsBody
  const rows = value as { id: string; label: number | boolean }[]
  return { ids: rows.map(({ id }) => id), labels: rows.map(({ label }) => label) }
}
