import { Anchor } from '../../parts/anchor.tsx'
import { Instant } from '../../parts/instant.tsx'
import { places } from '../../parts/places.ts'
import { StatusShape } from '../../parts/status.tsx'
import { SubjectLink, subjectText } from '../../parts/subject-link.tsx'
import type { StoryEntry } from './story.ts'
import { toneOfVerb } from './verb-tones.ts'
import css from './story.module.css'

const mostInputs = 8

/** One step of the story, with links to what it was decided on. */
export function StoryLine({ line: { node, depth, seen } }: { line: StoryEntry }) {
  const inputs = node.inputs.filter((input) => !input.startsWith('record:'))
  return (
    <li
      id={`record-${node.seq}`}
      className={css['line']}
      style={{ paddingLeft: `${Math.min(depth, 14) * 22}px` }}
      data-depth={depth}
    >
      <span className={css['mark']}>
        {toneOfVerb(node.verb) === 'off' ? (
          <i className={css['dot']} />
        ) : (
          <StatusShape tone={toneOfVerb(node.verb)} />
        )}
      </span>
      <div className={css['words']}>
        <p>
          <span className="visually-hidden">Level {depth + 1}: </span>
          <Anchor to={places.record(node.seq)} className={css['sentence']}>
            {node.sentence}
          </Anchor>
        </p>
        <p className={css['facts']}>
          <code>{node.verb}</code>
          <SubjectLink subject={node.subject} />
          <span>{node.actor}</span>
          <Instant at={node.at} />
          {inputs.length === 0 ? null : (
            <>
              <span>decided on</span>
              {inputs.slice(0, mostInputs).map((input) => (
                <SubjectLink key={input} subject={input} />
              ))}
              {inputs.length > mostInputs ? (
                <span>and {inputs.length - mostInputs} more</span>
              ) : null}
            </>
          )}
        </p>
        {seen.length === 0 ? null : (
          <p className={css['facts']}>
            also after, told above:{' '}
            {seen.slice(0, 4).map((each) => (
              <a key={each.seq} href={`#record-${each.seq}`}>
                {each.verb} {subjectText(each.subject)}
              </a>
            ))}
          </p>
        )}
      </div>
    </li>
  )
}
