import { Digest } from '../../parts/copyable.tsx'
import { Instant } from '../../parts/instant.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { counted } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { type ModelVersion, type Origin, useOrigin } from './model-reads.ts'

/** Where a version came from that was imported; nothing for one that was registered here. */
export function VersionOrigin({ version }: { version: ModelVersion }) {
  const origin = useOrigin(version.model, version.version)
  return (
    <Loaded query={origin}>
      {({ origin: found }) => (found === null ? null : <OriginSection origin={found} />)}
    </Loaded>
  )
}

function OriginSection({ origin }: { origin: Origin }) {
  const { data, reviews, decisions, records } = origin
  return (
    <Section title="Origin" hint="As its archive told; it counts for nothing here">
      <KeyValues
        items={[
          ['Was', `${origin.model} v${origin.version} in ${origin.project}`],
          [
            'Registered there',
            <span key="made">
              <Instant at={origin.createdAt} /> by {origin.createdBy}
            </span>,
          ],
          [
            'Exported',
            <span key="exported">
              <Instant at={origin.exportedAt} /> by {origin.exportedBy}
            </span>,
          ],
          ['Stood there', [origin.stage, ...origin.aliases].join(', ')],
          ['Gate there', `${origin.gate}, ${counted(decisions.length, 'decision')}`],
          ['Said there', counted(reviews.length, 'review')],
          [
            'Data there',
            data.map((each) => `${each.dataset} v${each.version}`).join(', ') || 'not recorded',
          ],
          ['Came with', counted(records, 'journal record')],
          ['Manifest', <Digest key="archive" value={origin.archive} />],
        ]}
      />
    </Section>
  )
}
