import { Anchor } from '../../parts/anchor.tsx'
import { countText } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import type { DataVersion } from './data-reads.ts'
import css from './version-strip.module.css'

/** Versions from left to right, as high as they have rows; each leads to its page. */
export function VersionStrip({
  dataset,
  versions,
}: {
  dataset: string
  versions: readonly DataVersion[]
}) {
  const most = Math.max(1, ...versions.map(({ rows }) => rows ?? 0))
  return (
    <nav className={css['strip']} aria-label="Versions over time">
      {versions.toReversed().map((version) => (
        <Anchor
          key={version.version}
          to={places.dataVersion(dataset, version.version)}
          className={css['bar']}
          data-state={version.state}
          title={`v${version.version}: ${version.rows === null ? 'no' : countText(version.rows)} rows, ${version.state}`}
          aria-label={`Version ${version.version}, ${version.state}`}
        >
          <i style={{ height: `${Math.max(4, ((version.rows ?? 0) / most) * 100)}%` }} />
          <span>{version.version}</span>
        </Anchor>
      ))}
    </nav>
  )
}
