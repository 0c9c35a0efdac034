import { Anchor } from '../../parts/anchor.tsx'
import { Bones } from '../../parts/bones.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status, StatusShape } from '../../parts/status.tsx'
import css from './side-list.module.css'
import { useIncidents } from './loop-reads.ts'

/** What is wrong and not resolved. */
export function OpenIncidents() {
  const incidents = useIncidents()
  return (
    <Section title="Open incidents" actions={<Anchor to={places.alerts()}>All</Anchor>} flush>
      <div className={css['list']}>
        <Loaded query={incidents} bones={<Bones rows={3} height={44} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className={css['calm']}>
                <StatusShape tone="good" /> Nothing is wrong.
              </p>
            ) : (
              <ul>
                {items.map((incident) => (
                  <li key={incident.id} className={css['item']}>
                    <Anchor to={places.incident(incident.id)} className={css['title']}>
                      {incident.text}
                    </Anchor>
                    <span className={css['note']}>
                      <Status
                        state={incident.severity}
                        tone={incident.severity === 'critical' ? 'bad' : 'warn'}
                        plain
                      />
                      <span>{incident.state}</span>
                      <Instant at={incident.lastAlarmAt} />
                    </span>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
    </Section>
  )
}
