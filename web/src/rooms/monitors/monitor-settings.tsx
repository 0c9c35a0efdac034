import { KeyValues } from '../../parts/key-values.tsx'
import { metricName } from '../../parts/metric-name.ts'
import { durationText, percentText, termText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import type { Monitor } from './monitor-reads.ts'

/** What is watched, and when it may say something. */
export function MonitorSettings({ monitor: { settings } }: { monitor: Monitor }) {
  const { drift, performance } = settings
  const share = (value: number | null) =>
    value === null ? 'not watched' : `at most ${percentText(value)}`
  return (
    <Section title="Settings" hint="Declared in gyre.yaml">
      <KeyValues
        wide
        items={[
          ['Window', settings.window],
          [
            'False alarms',
            `at most ${percentText(settings.falseAlarmRate)} over all columns and windows`,
          ],
          [
            'Drift',
            drift === null
              ? 'not watched'
              : `${drift.distance}, from ${termText(drift.minimumSize)}`,
          ],
          [
            'Performance',
            performance === null
              ? 'not watched'
              : `${metricName(performance.metric)}, drop of ${termText(performance.maximumDrop)}`,
          ],
          [
            'Calibration error',
            settings.maximumCalibrationError === null
              ? 'not watched'
              : `at most ${termText(settings.maximumCalibrationError)}`,
          ],
          [
            'Labels',
            settings.minimumLabelRate === null
              ? 'not watched'
              : `at least ${percentText(settings.minimumLabelRate)}`,
          ],
          ['Age of the data', settings.maximumStaleness ?? 'not watched'],
          ['Age of the model', settings.maximumModelAge ?? 'not watched'],
          ['Errors', share(settings.maximumErrorRate)],
          [
            'Latency',
            settings.maximumLatencyMs === null
              ? 'not watched'
              : `p99 at most ${durationText(settings.maximumLatencyMs)}`,
          ],
          ['Missing features', share(settings.maximumMissingRate)],
        ]}
      />
    </Section>
  )
}
