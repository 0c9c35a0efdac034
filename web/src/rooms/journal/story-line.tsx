import { Anchor } from '../../parts/anchor.tsx'
import { Instant } from '../../parts/instant.tsx'
import { places } from '../../parts/places.ts'
import { StatusShape } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import type { StoryEntry } from './story.ts'
import { toneOfVerb } from './verb-tones.ts'
import css from './story.module.css'

/** One step of the story, with links to what it was decided on. */
export function StoryLine({ line: { node, depth, again } }: { line: StoryEntry }) {
  const inputs = node.inputs.filter((input) => !input.startsWith('record:'))
  return (
    <li className={css['line']} style={{ paddingLeft: `${Math.min(depth, 12) * 22}px` }} data-depth={depth}>
      <span className={css['mark']}>
        <StatusShape tone={toneOfVerb(node.verb)} />
      </span>
      <div className={css['words']}>
        <p>
          <span className="visually-hidden">Level {depth + 1}: </span>
          <Anchor to={places.record(node.seq)} className={css['sentence']}>
            {node.sentence}
          </Anchor>
          {again ? <span className="quiet"> (told above)</span> : null}
        </p>
        <p className={css['facts']}>
          <code>{node.verb}</code>
          <SubjectLink subject={node.subject} />
          <span>{node.actor}</span>
          <Instant at={node.at} />
        </p>
        {again || inputs.length === 0 ? null : (
          <p className={css['facts']}>
            on{' '}
            {inputs.slice(0, 8).map((input) => (
              <SubjectLink key={input} subject={input} />
            ))}
            {inputs.length > 8 ? <span>and {inputs.length - 8} more</span> : null}
          </p>
        )}
      </div>
    </li>
  )
}
