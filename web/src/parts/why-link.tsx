import { Anchor } from './anchor.tsx'
import { Icon } from './icon.tsx'
import { places } from './places.ts'
import css from './why-link.module.css'

/** To the two readings of the record: why it is so, and what it is connected with. */
export function WhyLink({ subject }: { subject: string }) {
  return (
    <span className={css['pair']}>
      <Anchor to={places.why(subject)} className={css['link']}>
        <Icon name="help" size={14} />
        Why
      </Anchor>
      <Anchor to={places.lineage(subject)} className={css['link']}>
        <Icon name="pipelines" size={14} />
        Lineage
      </Anchor>
    </span>
  )
}
