import { type Estimate, type Evaluation, type MetricName, metricNames } from '../evaluation.ts'
import { formatCount, formatEstimate, formatNumber, metricTitle } from '../gate-text.ts'
import { code, plain, section, table, unknown } from './markdown.ts'
import type { CardFacts } from './read-card.ts'

/** What the evaluation found: in all, by slice, and how fair it is. Pure. */
export function evaluationSections({ evaluation }: CardFacts): string[] {
  if (evaluation === null) {
    return [
      section('Evaluation', 'It was not evaluated.'),
      section('By slice', unknown),
      section('Fairness', unknown),
    ]
  }
  return [inAll(evaluation), bySlice(evaluation), fairness(evaluation)]
}

function inAll(evaluation: Evaluation): string {
  const { data, baseline, champion, calibration, parity } = evaluation
  const against = champion === undefined ? 'Against the champion' : `Against v${champion.version}`
  const difference = (estimate: Estimate | undefined): string =>
    estimate === undefined ? '–' : formatEstimate(estimate)
  return section(
    'Evaluation',
    `On ${formatCount(data.rows)} rows of ${code(data.path)} (${formatCount(data.positives)} positive), made from ${data.inputs.map(code).join(', ') || 'what is not recorded'}. Intervals are of 95 %.`,
    table(
      ['Metric', 'Value', 'Against the baseline', against],
      metricsOf(evaluation).map((metric) => [
        metricTitle(metric),
        difference(evaluation.metrics[metric]),
        difference(baseline?.differences[metric]),
        difference(champion?.differences[metric]),
      ]),
    ),
    champion === undefined && evaluation.championReason !== undefined
      ? plain(evaluation.championReason)
      : '',
    `Calibration error ${formatNumber(calibration.error)}. Parity over ${formatCount(parity.rows)} rows: the largest difference is ${formatNumber(parity.largestDifference)}.`,
  )
}

function metricsOf({ metrics }: Evaluation): MetricName[] {
  return metricNames.filter((metric) => metrics[metric] !== undefined)
}

function bySlice(evaluation: Evaluation): string {
  const metrics = metricsOf(evaluation)
  return section(
    'By slice',
    table(
      ['Slice', 'Value', 'Rows', ...metrics.map(metricTitle)],
      evaluation.slices.map((slice) => [
        plain(slice.by),
        plain(slice.label),
        formatCount(slice.rows),
        ...metrics.map((metric) => {
          const estimate = slice.metrics[metric]
          return estimate === undefined ? '–' : formatEstimate(estimate)
        }),
      ]),
      'No slices were evaluated.',
    ),
  )
}

function fairness({ fairness: results }: Evaluation): string {
  if (results.length === 0) return section('Fairness', 'No groups were compared.')
  const rate = (value: number | null): string => (value === null ? '–' : formatNumber(value))
  return section(
    'Fairness',
    ...results.map(({ by, threshold, differences, groups }) =>
      [
        `### By ${plain(by)}, deciding at ${formatNumber(threshold)}`,
        Object.entries(differences)
          .map(([name, value]) => `- ${plain(name.replaceAll('_', ' '))}: ${formatNumber(value)}`)
          .join('\n'),
        table(
          ['Group', 'Rows', 'Selected', 'True positives', 'False positives'],
          groups.map((group) => [
            plain(group.label),
            formatCount(group.rows),
            rate(group.selectionRate),
            rate(group.truePositiveRate),
            rate(group.falsePositiveRate),
          ]),
        ),
      ].join('\n\n'),
    ),
  )
}
