import type { Command } from 'commander'
import { serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
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
        const story = await client.journal.why({
          params: { project },
          query: { subject, depth, limit },
        })
        out.result(story, () => tellStory(out, story, project))
        return story.roots.length === 0 ? 1 : 0
      }),
    )
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
  const nodes = new Map(story.nodes.map((node) => [node.seq, node]))
  const told = new Set<number>()
  out.line(out.tone('strong', story.subject))
  const pending = story.roots.toReversed().map((seq) => ({ seq, level: 0 }))
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const node = nodes.get(next.seq)
    if (node === undefined || told.has(next.seq)) continue
    told.add(next.seq)
    out.line(lineOf(out, node, next.level))
    const causes = node.because.filter((seq) => nodes.has(seq) && !told.has(seq))
    // One cause continues the line; several are steps to the right of what they led to.
    const level = causes.length === 1 ? next.level : next.level + 1
    for (const seq of causes.toReversed()) pending.push({ seq, level })
  }
  if (story.truncated) out.line(out.tone('muted', '… there is more: raise --depth or --limit.'))
}

const deepestIndent = 12

function lineOf(out: Output, node: StoryNode, level: number): string {
  const indent = '  '.repeat(Math.min(level, deepestIndent) + 1)
  const when = out.tone('muted', `${formatMoment(node.at)} #${node.seq}`)
  return `${indent}${node.sentence} ${when}`
}
