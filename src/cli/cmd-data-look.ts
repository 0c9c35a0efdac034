import type { Command } from 'commander'
import { serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
import { formatBytes, formatCount, formatMoment, formatNumber } from './output.ts'

type Columns = Awaited<ReturnType<Session['client']['data']['profileFile']>>['columns']
type Cell = Columns[number]['minimum']

/** Commands that look into versions on a server, as its page does. */
export function registerDataLook(data: Command): void {
  registerFiles(data)
  registerPreview(data)
  registerProfile(data)
  registerUses(data)
}

/** `NAME@VERSION`, or `NAME` for the latest. */
function paramsOf(project: string, reference: string) {
  const at = reference.lastIndexOf('@')
  return at < 1
    ? { project, dataset: reference, version: 'latest' }
    : { project, dataset: reference.slice(0, at), version: reference.slice(at + 1) }
}

function registerFiles(data: Command): void {
  serverCommand(data, 'files <version> [folder]', 'What lies in a folder of NAME@VERSION')
    .option('--limit <number>', 'at most so many', wholeNumber(1), 200)
    .action(
      serverAction(
        async (
          { client, project, out },
          reference: string,
          folder: string | undefined,
          { limit }: { limit: number },
        ) => {
          const at = (folder ?? '').replace(/\/+$/, '')
          const listed = await client.data.listFolder({
            params: paramsOf(project, reference),
            query: { folder: at, limit },
          })
          out.result(listed, () => {
            out.table(
              ['path', { title: 'files', align: 'right' }, { title: 'size', align: 'right' }],
              listed.items.map(({ path, isFolder, files, sizeBytes }) => [
                isFolder ? `${path}/` : path,
                isFolder ? formatCount(files) : '',
                formatBytes(sizeBytes),
              ]),
            )
            const rest = listed.entries - listed.items.length
            if (rest > 0) out.line(`… and ${formatCount(rest)} more: raise --limit.`)
            out.line(`${formatCount(listed.files)} files, ${formatBytes(listed.sizeBytes)}.`)
          })
        },
      ),
    )
}

function registerPreview(data: Command): void {
  serverCommand(data, 'preview <version> [path]', 'The first rows of NAME@VERSION, or of one file')
    .option('--limit <number>', 'at most so many rows', wholeNumber(1), 10)
    .action(
      serverAction(
        async (
          { client, project, out },
          reference: string,
          path: string | undefined,
          { limit }: { limit: number },
        ) => {
          const rows = await client.data.previewVersion({
            params: paramsOf(project, reference),
            query: { limit, ...(path === undefined ? {} : { path }) },
          })
          out.result(rows, () =>
            out.table(
              rows.columns.map(({ name }) => name),
              rows.rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell)))),
            ),
          )
        },
      ),
    )
}

function registerProfile(data: Command): void {
  serverCommand(
    data,
    'profile <version> [path]',
    'The columns of NAME@VERSION, or of one file: missing, distinct, quantiles',
  ).action(
    serverAction(async ({ client, project, out }, reference: string, path: string | undefined) => {
      const params = paramsOf(project, reference)
      const profile =
        path === undefined
          ? (await client.data.getVersion({ params })).profile
          : await client.data.profileFile({ params, query: { path } })
      out.result(profile, () => {
        const right = (title: string) => ({ title, align: 'right' as const })
        out.table(
          [
            'column',
            'type',
            right('missing'),
            right('distinct'),
            right('least'),
            right('median'),
            right('most'),
            'frequent',
          ],
          profile.columns.map((column) => [
            column.name,
            column.type,
            formatCount(column.nulls),
            formatCount(column.distinct),
            cellText(column, column.minimum),
            cellText(column, medianOf(column)),
            cellText(column, column.maximum),
            column.top
              .slice(0, 3)
              .map(({ value, count }) => `${value} (${count})`)
              .join(', '),
          ]),
        )
        out.line(`${formatCount(profile.rows)} rows.`)
      })
    }),
  )
}

function medianOf({ quantiles }: Columns[number]): number | null {
  return quantiles.find(({ probability }) => probability === 0.5)?.value ?? null
}

function cellText({ type }: Columns[number], value: Cell): string {
  if (value === null) return ''
  if (typeof value !== 'number') return String(value)
  return type === 'timestamp' ? formatMoment(value) : formatNumber(value)
}

function registerUses(data: Command): void {
  serverCommand(data, 'uses <version>', 'What NAME@VERSION is used for, and what holds it').action(
    serverAction(async ({ client, project, out }, reference: string) => {
      const found = await client.data.listUses({ params: paramsOf(project, reference) })
      out.result(found, () => {
        const name = `${found.dataset}@${found.version}`
        if (found.uses.length === 0) out.line(`Nothing was made of ${name}.`)
        for (const { subject, distance, through } of found.uses) {
          out.line(`${'  '.repeat(distance - 1)}${subject}${distance > 1 ? `, of ${through}` : ''}`)
        }
        if (found.truncated) out.line('… and more.')
        for (const { id, by, at, reason } of found.holds) {
          out.line(`held by ${by} since ${formatMoment(at)}: ${reason} (${id})`)
        }
        if (found.latest) out.line(`${name} is the latest: whoever names no version gets it.`)
      })
    }),
  )
}
