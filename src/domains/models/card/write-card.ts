import { formatInstant } from '#kernel/time'
import type { Context } from '#domains/access/index'
import { authorizeModel } from '../authorize-model.ts'
import { formatCount } from '../gate-text.ts'
import { evaluationSections } from './evaluation-sections.ts'
import { code, facts, plain, section, table, unknown } from './markdown.ts'
import { type CardFacts, readCard } from './read-card.ts'

/**
 * The model card of a version, in Markdown: only what the record knows, and what it does not know
 * said as unknown. Errors: `not_found`.
 */
export async function writeCard(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<string> {
  authorizeModel(ctx, 'viewer', input)
  return cardText(await readCard(ctx, input))
}

/** Writes a card of its facts. Pure. */
export function cardText(card: CardFacts): string {
  const { model, version } = card
  const parts = [
    `# ${plain(model.name)} v${version.version}`,
    head(card),
    intendedUse(card),
    trainingData(card),
    training(card),
    environment(card),
    ...evaluationSections(card),
    gate(card),
    approvals(card),
    standing(card),
    lineage(card),
    ...origin(card),
    licence(card),
    files(card),
    `---\n\nWritten from the record at ${formatInstant(card.at)}, as of journal record ${card.record}.`,
  ]
  return `${parts.join('\n\n')}\n`
}

function head({ version }: CardFacts): string {
  return facts([
    ['Registered', `${formatInstant(version.createdAt)} by ${plain(version.createdBy)}`],
    ['Stage', version.stage],
    ['Aliases', version.aliases.map(plain).join(', ') || 'none'],
    ['Gate', version.gate],
  ])
}

/** What people wrote is Markdown already. */
function intendedUse({ model, version }: CardFacts): string {
  const said = [model.description, version.description].filter((text) => text.trim() !== '')
  return section('Intended use', ...(said.length === 0 ? [unknown] : said))
}

function trainingData({ making, datasets, version }: CardFacts): string {
  const versions = making.data.map(({ dataset, version: number, rows }) => [
    plain(dataset),
    `v${number}`,
    rows === null ? unknown : formatCount(rows),
  ])
  const described = datasets.map(({ dataset, tags }) => [
    plain(dataset.name),
    code(dataset.digest),
    plain(tags.find(({ key }) => key === 'mlflow.data.context')?.value ?? ''),
    plain(dataset.sourceType),
  ])
  return section(
    'Training data',
    versions.length === 0 && described.length > 0
      ? ''
      : table(['Data set', 'Version', 'Rows'], versions),
    described.length === 0
      ? ''
      : table(['As the client named it', 'Digest', 'Used for', 'Source'], described),
    facts([
      ['Target', version.target === null ? unknown : plain(version.target)],
      ['Feature service', version.featureService === null ? unknown : code(version.featureService)],
      [`Features (${version.features.length})`, version.features.map(plain).join(', ') || unknown],
    ]),
  )
}

function training({ making, version }: CardFacts): string {
  const { run } = making
  const commit = version.gitCommit ?? run?.environment.gitCommit
  const dirty = run?.environment.gitDirty === true ? ', with uncommitted changes' : ''
  const options = Object.entries(version.options).map(([name, value]) => [
    plain(name),
    code(typeof value === 'string' ? value : JSON.stringify(value)),
  ])
  const parameters = Object.entries(making.parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [plain(name), code(value)])
  const logged = Object.entries(making.measured?.metrics ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { value }]) => [plain(name), String(value)])
  return section(
    'Training',
    facts([
      ['Learner', version.learner === 'unknown' ? unknown : plain(version.learner)],
      ['Run', runText(version.run, run)],
      ['Commit', commit === undefined || commit === null ? unknown : `${code(commit)}${dirty}`],
      ['Source', version.source === null ? 'Handed over file by file.' : code(version.source)],
    ]),
    options.length === 0 ? '' : table(['Option', 'Value'], options),
    `### Parameters\n\n${table(['Parameter', 'Value'], parameters)}`,
    `### Logged metrics\n\n${table(['Metric', 'Last value'], logged)}`,
  )
}

function runText(id: string | null, run: CardFacts['making']['run']): string {
  if (id === null) return unknown
  if (run === null) return `${code(id)}, which is not in reach`
  const span = [run.startedAt, run.endedAt].map((at) => (at === null ? '…' : formatInstant(at)))
  return `${plain(run.name)} (${code(run.id)}) in ${plain(run.experimentName)}, ${span.join(' to ')}, ${run.status}, by ${plain(run.user) || 'nobody named'}`
}

function environment({ making, licence: { libraries } }: CardFacts): string {
  const { runtime, platform, host, command } = making.run?.environment ?? {}
  const shown = (text: string | undefined): string => (text ? plain(text) : unknown)
  return section(
    'Environment',
    facts([
      ['Runtime', shown(runtime)],
      ['Platform', shown(platform)],
      ['Host', shown(host)],
      ['Command', command === undefined ? unknown : code(command.join(' '))],
    ]),
    `### Libraries\n\n${table(
      ['Library', 'Version', 'Licence'],
      libraries.map((each) => [plain(each.name), plain(each.version), each.licence ?? 'unknown']),
    )}`,
  )
}

function gate({ decision, model }: CardFacts): string {
  if (decision === null) {
    return section(
      'Gate',
      model.gate.length === 0
        ? 'No gate is declared, and none has decided.'
        : 'The gate has not decided on this version.',
    )
  }
  const champion =
    decision.champion === null
      ? 'There was no champion to compare with.'
      : `The champion then was version ${decision.champion}.`
  return section(
    'Gate',
    `**${decision.passed ? 'Passed' : 'Refused'}** at ${formatInstant(decision.at)}, asked by ${plain(decision.actor)}. ${champion}`,
    table(
      ['Check', 'Verdict', 'Finding'],
      decision.findings.map((each) => [
        plain(each.check),
        each.passed ? 'passed' : '**failed**',
        plain(each.text),
      ]),
      'Nothing was checked.',
    ),
  )
}

function approvals({ reviews }: CardFacts): string {
  return section(
    'Approvals and comments',
    table(
      ['Verdict', 'By', 'Role', 'At', 'Comment'],
      reviews.map((each) => [
        each.verdict,
        plain(each.actor),
        each.role,
        formatInstant(each.at),
        plain(each.comment),
      ]),
      'Nobody has said anything.',
    ),
  )
}

function standing({ aliasMoves, stageMoves, version }: CardFacts): string {
  const moves = [
    ...aliasMoves.map((move) => ({
      ...move,
      what: `${plain(move.alias)} ${move.version === version.version ? 'came' : 'left'}`,
    })),
    ...stageMoves.map((move) => ({
      ...move,
      what: `${move.previous ?? 'new'} → ${move.stage ?? 'gone'}`,
    })),
  ].sort((a, b) => b.at - a.at)
  return section(
    'Where it stood',
    table(
      ['When', 'What', 'By', 'Why'],
      moves.map((move) => [
        formatInstant(move.at),
        move.what,
        plain(move.actor),
        `${plain(move.reason)}${move.override ? ' **against the gate**' : ''}`,
      ]),
      'Nothing has pointed at it.',
    ),
  )
}

function lineage({ upstream, downstream }: CardFacts): string {
  const list = (subjects: readonly string[]): string => subjects.map(code).join(', ') || 'nothing'
  return section(
    'Lineage',
    facts([
      ['Made from', list(upstream)],
      ['Led to', list(downstream)],
    ]),
  )
}

/** Only of what was brought from elsewhere. */
function origin({ origin: manifest }: CardFacts): string[] {
  if (manifest === null) return []
  const { origin: from, version, data, reviews, exportedAt, exportedBy } = manifest
  const inputs = data.map(
    ({ dataset, version: number, rows }) =>
      `${plain(dataset)} v${number} (${rows === null ? 'rows not recorded' : `${formatCount(rows)} rows`})`,
  )
  return [
    section(
      'Origin',
      facts([
        [
          'Imported from',
          `${plain(from.model)} v${from.version} of project ${plain(from.project)}`,
        ],
        ['Exported', `${formatInstant(exportedAt)} by ${plain(exportedBy)}`],
        ['Registered there', `${formatInstant(version.createdAt)} by ${plain(version.createdBy)}`],
        ['Stood there', [version.stage, ...version.aliases].map(plain).join(', ')],
        ['Gate there', version.gate],
        ['Data there', inputs.join(', ') || unknown],
        ['Reviews there, which do not count here', String(reviews.length)],
      ]),
    ),
  ]
}

const found = {
  declared: 'declared',
  tag: 'as the tag says',
  file: 'as the file reads',
} as const

function licence({ licence: { licence: name, source, evidence } }: CardFacts): string {
  if (source === null) return section('Licence', unknown)
  const how = `${found[source]}${evidence === '' ? '' : ` (${code(evidence)})`}`
  return section('Licence', `${name === null ? 'Not recognised' : plain(name)}, ${how}.`)
}

function files({ version }: CardFacts): string {
  const total = version.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  return section(
    'Files and checksums',
    version.files.length === 0
      ? 'This server has none of its files.'
      : `${formatCount(version.files.length)} files, ${formatCount(total)} bytes.`,
    table(
      ['Path', 'Bytes', 'sha256'],
      version.files.map((file) => [
        code(file.path),
        formatCount(file.sizeBytes),
        code(file.sha256),
      ]),
      '',
    ),
  )
}
