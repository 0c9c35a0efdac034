import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { GyreError, invalid } from '#kernel/errors'
import { serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
import { formatBytes, formatCount, formatMoment } from './output.ts'

type Features = Session['client']['features']
type TrainingSet = Awaited<ReturnType<Features['join']>>
type SpineBody = Parameters<Features['join']>[0]['body']

interface JoinOptions {
  service: string
  data: string
  from?: string
  to?: string
  sample?: number
  seed: number
  label?: string
  keep?: string
  timestamp?: string
  out: string
}

export function registerJoin(features: Command): void {
  serverCommand(features, 'join', 'Make a training set: features as they were known at the time')
    .requiredOption('--service <name>', 'the feature service')
    .requiredOption(
      '--data <name[@version]>',
      'the rows: a data set, or a Parquet file of your own',
    )
    .option('--from <moment>', 'rows from then on: a time, or -56d before the newest row')
    .option('--to <moment>', 'rows before then')
    .option('--sample <rows>', 'at most so many rows, chosen by the seed', wholeNumber(1))
    .option('--seed <number>', 'of the sample', wholeNumber(), 0)
    .option('--label <name=expression>', "what is to be learnt: 'late=delay > 15'")
    .option('--keep <columns>', 'columns of the data to keep besides: a,b')
    .option('--timestamp <column>', 'of a Parquet file: as of when its rows are')
    .requiredOption('--out <file>', 'where to write the Parquet file')
    .action(
      serverAction(async (session, options: JoinOptions) => {
        const { client, project, out, directory } = session
        const body = await spineOf(session, options)
        out.progress('joining')
        const params = { project, service: options.service }
        const set = await client.features.join({ params, body, signal: session.signal })
        const file = resolve(directory, options.out)
        await download(session, set, file)
        out.result({ ...set, file }, () => tellJoined(session, set, file))
      }),
    )
}

async function spineOf(session: Session, options: JoinOptions): Promise<SpineBody> {
  const { from, to, sample, seed, label, keep, timestamp } = options
  const file = resolve(session.directory, options.data)
  if (/\.(parquet|pq)$/i.test(options.data)) {
    const given = [from, to, sample, label, keep].some((option) => option !== undefined)
    if (given) {
      throw invalid(
        'All rows and columns of a Parquet file are joined: leave --from, --to, --sample, --label and --keep away.',
      )
    }
    const blob = await uploadFile(session, file)
    return { blob, ...(timestamp === undefined ? {} : { timestamp }) }
  }
  return {
    data: options.data,
    seed,
    keep: keep === undefined ? [] : keep.split(',').map((name) => name.trim()),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(sample === undefined ? {} : { sample }),
    ...(label === undefined ? {} : { label }),
  }
}

async function uploadFile({ client, project, signal }: Session, file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true) throw invalid(`There is no file ${file}.`)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  const sha256 = hash.digest('hex')
  const { missing } = await client.data.missingBlobs({
    params: { project },
    body: { items: [sha256] },
  })
  if (missing.length > 0) {
    const body = createReadStream(file) as AsyncIterable<Uint8Array>
    await client.data.uploadBlob({ params: { project, sha256 }, body, signal })
  }
  return sha256
}

/** Under its name only when it is whole and verified. */
async function download(
  { client, project, signal }: Session,
  set: TrainingSet,
  file: string,
): Promise<void> {
  const { content } = await client.features.downloadTrainingSet({
    params: { project, id: set.id },
    signal,
  })
  await mkdir(dirname(file), { recursive: true })
  const part = join(dirname(file), `.${basename(file)}.${randomUUID()}`)
  const hash = createHash('sha256')
  try {
    await pipeline(
      content,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(part, { flush: true }),
    )
    if (hash.digest('hex') !== set.sha256) {
      throw new GyreError({
        code: 'unavailable',
        public: 'The training set arrived damaged. Try again.',
      })
    }
    await rename(part, file)
  } finally {
    await rm(part, { force: true })
  }
}

function tellJoined({ out }: Session, set: TrainingSet, file: string): void {
  const missing = Object.entries(set.missing).filter(([, count]) => count > 0)
  out.facts([
    ['rows', formatCount(set.rows)],
    ['columns', set.columns.join(', ')],
    ['from', formatMoment(set.from)],
    ['to', formatMoment(set.to)],
    ['not known', missing.map(([name, count]) => `${name} ${formatCount(count)}`).join(', ')],
    ['made from', set.inputs.join(', ')],
    ['file', `${file} (${formatBytes(set.sizeBytes)})`],
  ])
}
