import type { Command } from 'commander'
import { type ExitCode, serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
import { formatMoment, type Output } from './output.ts'

type Story = Awaited<ReturnType<Session['client']['journal']['why']>>
type StoryNode = Story['nodes'][number]

export function registerWhy(program: Command): void {
  serverCommand(
    program,
    'why <subject>',
    'Why a thing is as it is: endpoint:late-flights, model:late-flights@3, alarm:…',
  )
    .option('--depth <steps>', 'how far to go back', wholeNumber(1), 30)
    .option('--limit <records>', 'how much to tell', wholeNumber(1), 60)
    .action(
      serverAction(async ({ client, project, out }, subject: string, options: WhyOptions) => {
        const { depth, limit } = options
        const sha256 = /^blob:([0-9a-f]{64})$/.exec(subject)?.[1]
        if (sha256 !== undefined) return tellBlob(client, out, sha256)
        const story = await client.journal.why({
          params: { project },
          query: { subject, depth, limit },
        })
        out.result(story, () => tellStory(out, story, project))
        return story.roots.length === 0 ? 1 : 0
      }),
    )
}

/** A blob is there because rows name it. */
async function tellBlob(client: Session['client'], out: Output, sha256: string): Promise<ExitCode> {
  const reasons = await client.store.explainBlob({ params: { sha256 } })
  out.result(reasons, () => {
    const { stat, keptBy, more } = reasons
    out.line(
      stat === undefined
        ? `There is no blob ${sha256} that you may see.`
        : `blob:${sha256}, ${stat.sizeBytes} bytes, is kept by:`,
    )
    for (const words of keptBy) out.line(`  ${words}`)
    if (more) out.line('  and by something that you may not see')
    if (stat !== undefined && keptBy.length === 0 && !more) {
      out.line('  nothing: it goes with the garbage, after its grace period and quarantine')
    }
  })
  return reasons.stat === undefined ? 1 : 0
}

interface WhyOptions {
  depth: number
  limit: number
}

/** Prints the story from the newest record back to its causes; each record once. */
export function tellStory(out: Output, story: Story, project: string): void {
  if (story.roots.length === 0) {
    out.note(`The journal of project "${project}" knows nothing of ${story.subject}.`)
    return
  }
  out.line(out.tone('strong', story.subject))
  const untold = new Map(story.nodes.map((node) => [node.seq, node]))
  for (const root of story.roots) tellLine(out, untold, root, 1)
  if (story.truncated) out.line(out.tone('muted', '… there is more: raise --depth or --limit.'))
}

/**
 * Tells one line of causes straight down, and what else led to each of its records to the right of
 * it. What is told is taken out of `untold`.
 */
function tellLine(out: Output, untold: Map<number, StoryNode>, start: number, level: number): void {
  const line: StoryNode[] = []
  for (let node = untold.get(start); node !== undefined;) {
    line.push(node)
    untold.delete(node.seq)
    const next: number | undefined = node.because.find((seq) => untold.has(seq))
    node = next === undefined ? undefined : untold.get(next)
  }
  for (const node of line) {
    out.line(lineOf(out, node, level))
    for (const cause of node.because) if (untold.has(cause)) tellLine(out, untold, cause, level + 1)
  }
}

const deepestIndent = 12

function lineOf(out: Output, node: StoryNode, level: number): string {
  const indent = '  '.repeat(Math.min(level, deepestIndent))
  const when = out.tone('muted', `${formatMoment(node.at)} #${node.seq}`)
  return `${indent}${node.sentence} ${when}`
}
