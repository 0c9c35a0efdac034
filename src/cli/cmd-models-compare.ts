import type { Command } from 'commander'
import { serverAction, serverCommand, type Session } from './command.ts'
import { formatBytes, formatNumber, type Output } from './output.ts'

type Comparison = Awaited<ReturnType<Session['client']['models']['compareVersions']>>
type Code = Awaited<ReturnType<Session['client']['pipelines']['compareCode']>>

export function registerModelsCompare(models: Command): void {
  serverCommand(models, 'compare <model> <left> <right>', 'How two versions differ')
    .option('--diff', 'print the difference in the code, too')
    .action(
      serverAction(
        async (
          session,
          model: string,
          left: string,
          right: string,
          options: { diff?: boolean },
        ) => {
          const { client, project, out } = session
          const request = { params: { project, model }, query: { left, right } }
          const found = await client.models.compareVersions(request)
          const code = await withLocalCode(session, await client.pipelines.compareCode(request))
          out.result({ ...found, code }, () => {
            tellNumbers(out, found)
            tellDifferences(out, found)
            tellFiles(out, found)
            tellCode(out, code, options.diff === true)
          })
        },
      ),
    )
}

/** Where the server has no repository, the one in which the user stands may know both commits. */
async function withLocalCode({ directory }: Session, code: Code): Promise<Code> {
  const { left, right } = code.commits
  if (code.isReachable || left === null || right === null) return code
  const { diffCommitsHere } = await import('#app/workspace/diff-commits')
  const found = await diffCommitsHere(directory, left, right)
  if (found === undefined) return code
  return { ...code, ...found, isReachable: true, reason: `The repository at ${directory}.` }
}

function tellNumbers(out: Output, found: Comparison): void {
  if (!found.sameRows) out.line('They were not evaluated on the same rows.')
  const evaluated = found.metrics.map(({ metric, left, right, difference }) => [
    metric,
    formatNumber(left?.value),
    formatNumber(right?.value),
    formatNumber(difference),
  ])
  const logged = found.logged.map(({ metric, left, right, difference }) => [
    `${metric} (logged)`,
    loggedText(left),
    loggedText(right),
    formatNumber(difference),
  ])
  if (evaluated.length + logged.length === 0) return
  out.table(
    ['metric', `@${found.left}`, `@${found.right}`, 'difference'],
    [...evaluated, ...logged],
  )
  out.line()
}

function loggedText(value: Comparison['logged'][number]['left']): string {
  return typeof value === 'string' ? value : formatNumber(value)
}

function tellDifferences(out: Output, found: Comparison): void {
  const named = (kind: string, differences: { name: string; left: unknown; right: unknown }[]) =>
    differences.map(({ name, left, right }) => [
      `${kind} ${name}`,
      valueText(left),
      valueText(right),
    ])
  const data = found.data.map(({ dataset, left, right }) => [
    `data ${dataset}`,
    dataText(left),
    dataText(right),
  ])
  const rows = [
    ...named('option', found.options),
    ...named('parameter', found.parameters),
    ...named('input', found.signature.inputs),
    ...named('output', found.signature.outputs),
    ...data,
    ...named('library', found.packages),
    ['size', formatBytes(found.sizeBytes.left), formatBytes(found.sizeBytes.right)],
    ['commit', found.commits.left ?? '–', found.commits.right ?? '–'],
  ]
  out.table(['', `@${found.left}`, `@${found.right}`], rows)
  out.facts([
    ['features added', found.featuresAdded.join(', ')],
    ['features removed', found.featuresRemoved.join(', ')],
    ['made from besides', found.inputsAdded.join(', ')],
    ['no longer made from', found.inputsRemoved.join(', ')],
    ['inputs', found.signature.isReordered ? 'the same, in another order' : ''],
  ])
  out.line()
}

function valueText(value: unknown): string {
  if (value === null) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function dataText(side: Comparison['data'][number]['left']): string {
  if (side === null) return '–'
  return side.rows === null ? `v${side.version}` : `v${side.version} (${side.rows} rows)`
}

function tellFiles(out: Output, { files, filesUnchanged }: Comparison): void {
  out.table(
    ['file', 'change', { title: 'before', align: 'right' }, { title: 'after', align: 'right' }],
    files.map(({ path, left, right }) => [
      path,
      left === null ? 'added' : right === null ? 'removed' : 'changed',
      left === null ? '–' : formatBytes(left.sizeBytes),
      right === null ? '–' : formatBytes(right.sizeBytes),
    ]),
  )
  if (filesUnchanged > 0) out.line(`${filesUnchanged} files are the same.`)
  out.line()
}

function tellCode(out: Output, code: Code, whole: boolean): void {
  out.line(`Code: ${code.reason}`)
  if (code.files.length > 0) {
    out.table(
      ['file', { title: '+', align: 'right' }, { title: '−', align: 'right' }],
      code.files.map(({ path, added, removed }) => [path, added ?? 'binary', removed ?? '']),
    )
  }
  if (whole && code.diff !== '') out.line(code.isCut ? `${code.diff}\n… cut off here` : code.diff)
}
