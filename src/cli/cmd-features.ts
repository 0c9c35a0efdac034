import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { findUpward } from '#app/workspace/find-upward'
import { invalid } from '#kernel/errors'
import { registerJoin } from './cmd-features-join.ts'
import { collected, type ExitCode, serverAction, serverCommand, wholeNumber } from './command.ts'
import { formatCount, formatDuration, formatMoment, formatNumber } from './output.ts'

const differencesFound: ExitCode = 2

export function registerFeatures(program: Command): void {
  const features = program
    .command('features')
    .description('Features: one declaration for training and serving')
  registerApply(features)
  registerList(features)
  registerJoin(features)
  registerGet(features)
  registerMaterialize(features)
  registerCheck(features)
}

function registerApply(features: Command): void {
  serverCommand(
    features,
    'apply [file]',
    'Make the project have what features.yaml declares',
  ).action(
    serverAction(async ({ client, project, out, directory }, given: string | undefined) => {
      const file =
        given === undefined
          ? await findUpward(directory, 'features.yaml')
          : resolve(directory, given)
      if (file === undefined) {
        throw invalid(
          'There is no features.yaml here or above. Say which: gyre features apply FILE',
        )
      }
      const source = await readText(file)
      const applied = await client.features.apply({ params: { project }, body: { source } })
      out.result(applied, () =>
        out.table(
          ['kind', 'name', 'version', 'change'],
          [
            ...applied.views.map((view) => ['view', view.name, view.version, view.change]),
            ...applied.services.map((item) => ['service', item.name, item.version, item.change]),
          ],
        ),
      )
    }),
  )
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    throw invalid(`${file} cannot be read: ${(thrown as Error).message}`)
  }
}

function registerList(features: Command): void {
  serverCommand(features, 'list', 'Views and services')
    .option('--all', 'versions that are not current, too')
    .action(
      serverAction(async ({ client, project, out }, options: { all?: boolean }) => {
        const query = { all: options.all === true }
        const { items: views } = await client.features.listViews({ params: { project }, query })
        const { items: services } = await client.features.listServices({
          params: { project },
          query,
        })
        out.result({ views, services }, () => {
          out.table(
            ['view', 'version', 'entity', 'data', 'materialised', 'features'],
            views.map((view) => [
              view.name,
              view.version,
              view.entity,
              view.source,
              view.materialized === null ? 'no' : `version ${view.materialized.dataVersion}`,
              view.features.map(({ name }) => name).join(', '),
            ]),
          )
          out.line()
          out.table(
            ['service', 'version', 'asks for', 'features'],
            services.map((service) => [
              service.name,
              service.version,
              [...service.keys, ...service.request.map(({ name }) => name)].join(', '),
              service.features.map(({ name }) => name).join(', '),
            ]),
          )
        })
      }),
    )
}

function registerGet(features: Command): void {
  serverCommand(features, 'get <service>', 'Features of one request, from the online store')
    .option('-v, --value <column=value>', 'a key or request column; give it for each', collected)
    .option('--at <time>', 'as of when; else the request says, else now')
    .action(
      serverAction(
        async (
          { client, project, out },
          name: string,
          options: { value?: string[]; at?: string },
        ) => {
          const service = await client.features.getService({ params: { project, service: name } })
          const types = new Map(service.request.map((column) => [column.name, column.type]))
          const columns = Object.fromEntries(
            (options.value ?? []).map((text) => readValue(text, types)),
          )
          const at = options.at === undefined ? undefined : Date.parse(options.at)
          if (Number.isNaN(at)) throw invalid(`--at ${options.at ?? ''} is no time.`)
          const found = await client.features.lookup({
            params: { project, service: name },
            body: { columns, ...(at === undefined ? {} : { timestamps: [at] }) },
          })
          const values = found.features.map(
            (feature) => [feature, found.columns[feature]?.[0] ?? null] as const,
          )
          out.result(Object.fromEntries(values), () =>
            out.facts(
              values.map(([feature, value]) => [
                feature,
                value === null ? 'not known' : formatNumber(value),
              ]),
            ),
          )
        },
      ),
    )
}

function readValue(
  text: string,
  types: ReadonlyMap<string, string>,
): [string, (string | number | boolean | null)[]] {
  const equals = text.indexOf('=')
  if (equals < 1) throw invalid(`${JSON.stringify(text)} must be written column=value.`)
  const name = text.slice(0, equals)
  const value = text.slice(equals + 1)
  const type = types.get(name)
  if (value === '') return [name, [null]]
  if (type === 'boolean') return [name, [value === 'true']]
  if (type !== 'number') return [name, [value]]
  const number = Number(value)
  if (!Number.isFinite(number)) throw invalid(`${name}: ${JSON.stringify(value)} is no number.`)
  return [name, [number]]
}

function registerMaterialize(features: Command): void {
  serverCommand(features, 'materialize <service>', 'Bring the online store to the latest data')
    .option('--version <number>', 'to this version of the data', wholeNumber(1))
    .action(
      serverAction(
        async ({ client, project, out }, service: string, options: { version?: number }) => {
          const { version } = options
          const { items } = await client.features.materialize({
            params: { project, service },
            body: version === undefined ? {} : { version },
          })
          out.result(items, () =>
            out.table(
              [
                'view',
                'data',
                { title: 'files read', align: 'right' },
                { title: 'entities', align: 'right' },
                { title: 'changed', align: 'right' },
                'newest event',
                'took',
              ],
              items.map((item) => [
                `${item.view}@${item.version}`,
                `version ${item.dataVersion}`,
                item.filesRead,
                formatCount(item.entities),
                formatCount(item.entitiesChanged),
                formatMoment(item.newestEvent),
                formatDuration(item.durationMs),
              ]),
            ),
          )
        },
      ),
    )
}

function registerCheck(features: Command): void {
  serverCommand(
    features,
    'check <service>',
    'Compute sampled rows for training and for serving and compare; exit code 2 when they differ',
  )
    .option('--rows <count>', 'rows to sample', wholeNumber(1), 2000)
    .option('--seed <number>', 'of the sample', wholeNumber(), 0)
    .action(
      serverAction(
        async (
          { client, project, out },
          service: string,
          options: { rows: number; seed: number },
        ) => {
          const report = await client.features.check({
            params: { project, service },
            body: options,
          })
          out.result(report, () => {
            out.table(
              [
                'feature',
                { title: 'compared', align: 'right' },
                { title: 'different', align: 'right' },
                { title: 'largest difference', align: 'right' },
              ],
              report.features.map((feature) => [
                feature.name,
                formatCount(feature.compared),
                formatCount(feature.mismatches),
                formatNumber(feature.maximumDifference),
              ]),
            )
            out.line(
              report.consistent
                ? out.tone('good', `Equal on ${formatCount(report.rows)} rows.`)
                : out.tone('bad', `${formatCount(report.mismatches)} values differ.`),
            )
          })
          return report.consistent ? 0 : differencesFound
        },
      ),
    )
}
