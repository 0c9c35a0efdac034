import { stringify } from 'yaml'
import { quoteName } from '#ports/frames/frames'
import type { TableProfile } from './profile-table.ts'
import type { Target } from './target.ts'

export interface Starter {
  /** Names the project, its model and its endpoint. */
  name: string
  /** The data, from the root of the repository. */
  path: string
  target: Target
  profile: TableProfile
}

/** The files of a starting repository, by path. Everything in them is meant to be changed. */
export function starterFiles(starter: Starter): Record<string, string> {
  return {
    'gyre.yaml': gyreYaml(starter),
    'expectations.yaml': expectationsYaml(starter),
    'features.yaml': featuresYaml(starter),
    'dvc.yaml': dvcYaml(starter),
    'params.yaml': paramsYaml(starter),
  }
}

function gyreYaml({ name, path, profile }: Starter): string {
  const time = profile.timestamp === null ? '' : `\n    timestamp: ${text(profile.timestamp)}`
  return `# The loop of this repository. \`gyre plan\` shows what would change, \`gyre apply\` makes it so.
project: ${text(name)}

datasets:
  ${text(name)}:
    path: ${text(path)}${time}
    expectations: expectations.yaml

# Features that are computed over time, the same in training and in predictions:
# features: features.yaml

pipelines:
  ${text(name)}: { file: dvc.yaml }

models:
  ${text(name)}:
    # What a version must show before it may serve.
    gate:
      - { check: signature }
      - { check: minimum, metric: auc, value: 0.6 }
      # - { check: better-than-baseline, metric: log_loss, confidence: 0.95 }
      - { check: no-worse-than-champion, metric: log_loss, tolerance: 0.005, confidence: 0.95 }
      - { check: parity, tolerance: 1.0e-6 }

endpoints:
  ${text(name)}:
    model: ${text(name)}
    rollout: { automatic: true, steps: [0.1, 0.5], minimum_rows: 500 }

monitors:
  ${text(`${name}-weekly`)}:
    endpoint: ${text(name)}
    window: 7d
    drift: { distance: jensen-shannon, minimum_size: 0.1 }
    performance: { metric: auc, maximum_drop: 0.03 }
    false_alarm_rate: 0.05

triggers:
  retrain-on-alarm: { on: alarm, monitor: ${text(`${name}-weekly`)}, run: ${text(name)} }
  # Every second version; the first is yours to train.
  retrain-on-data: { on: data, dataset: ${text(name)}, every: 2, run: ${text(name)} }
`
}

/** Wide enough for what is there now; to be narrowed to what is meant. */
function expectationsYaml({ profile }: Starter): string {
  const { rows, complete, ranges } = profile
  const expectations: Record<string, unknown>[] = [
    { expect_table_row_count_to_be_between: { min_value: Math.max(1, Math.floor(rows / 2)) } },
    ...complete.map((column) => ({ expect_column_values_to_not_be_null: { column } })),
    ...ranges.map(({ name, minimum, maximum }) => {
      const room = (maximum - minimum) / 2
      const bounds = { min_value: rounded(minimum - room), max_value: rounded(maximum + room) }
      return { expect_column_values_to_be_between: { column: name, ...bounds, mostly: 0.99 } }
    }),
  ]
  return `# What every version of the data must satisfy; one that does not is put into quarantine.
# These were read off the first file: narrow them to what you mean.
${stringify(expectations, { lineWidth: 0, defaultStringType: 'PLAIN' })}`
}

function featuresYaml({ name, profile }: Starter): string {
  return `# Features over time: declared once, computed the same way for training and for predictions.
# Fill in an entity of yours, name this file in gyre.yaml, and use \`gyre features join\` in dvc.yaml.
#
# entities:
#   customer: { key: customer_id }
# views:
#   customer_activity:
#     entity: customer
#     source: ${name}
#     aggregations:
#       orders_28d: { function: count, window: 28d }
# services:
#   ${name}:
#     request: { ${profile.timestamp ?? 'date'}: timestamp }
#     views: [customer_activity]
`
}

function dvcYaml({ name, path, profile }: Starter): string {
  const by = profile.timestamp === null ? '' : ` --by ${shell(profile.timestamp)}`
  return `# A plain DVC pipeline: \`gyre repro\` and \`dvc repro\` run the same stages.
stages:
  split:
    cmd: >-
      gyre split ${shell(path)} --dataset ${shell(name)} --target '\${target}' --holdout \${holdout}${by}
      --seed \${seed} --training build/training.parquet --kept-back build/holdout.parquet
    deps: [${text(path)}]
    params: [target, holdout, seed]
    outs: [build/training.parquet, build/training.parquet.json, build/holdout.parquet, build/holdout.parquet.json]
  train:
    cmd: >-
      gyre train --data build/training.parquet --target \${label} --features '\${features}'
      --learner trees --params params.yaml:trees --seed \${seed} --out build/model
    deps: [build/training.parquet]
    params: [trees, features]
    outs: [build/model]
  baseline:
    cmd: >-
      gyre train --data build/training.parquet --target \${label} --features '\${features}'
      --learner logistic --params params.yaml:logistic --seed \${seed} --out build/baseline
    deps: [build/training.parquet]
    params: [logistic, features]
    outs: [build/baseline]
  evaluate:
    cmd: >-
      gyre models evaluate --model build/model --baseline build/baseline --data build/holdout.parquet
      --target \${label} --against ${shell(`${name}@champion`)} --out build/evaluation.json
    deps: [build/model, build/baseline, build/holdout.parquet]
    # The champion lives on the server and may have changed.
    always_changed: true
    metrics:
      - build/evaluation.json: { cache: false }
  register:
    cmd: gyre models register ${shell(name)} --model build/model --evaluation build/evaluation.json
    deps: [build/model, build/evaluation.json]
    always_changed: true
`
}

function paramsYaml({ target, profile }: Starter): string {
  const left = profile.left.map(({ name, why }) => `#   ${name}: ${why}`).join('\n')
  const isColumn = target.expression === quoteName(target.name)
  const smallLeaf = Math.max(1, Math.min(500, Math.floor(profile.rows / 100)))
  return `seed: 1
# What is to be predicted: a column of 0 and 1, or name=expression.
target: ${text(isColumn ? target.name : `${target.name}=${target.expression}`)}
label: ${text(target.name)}
holdout: 0.25
features: ${text(profile.features.join(','))}
# Not used as features:
${left}
trees:
  trees: 60
  depth: 4
  learningRate: 0.1
  minRowsPerLeaf: ${smallLeaf}
logistic:
  l2: 1
  iterations: 20
`
}

/** A scalar that YAML reads back as this text. */
function text(value: string): string {
  return stringify(value, { lineWidth: 0 }).trimEnd()
}

/** A word for the shell. */
function shell(word: string): string {
  return /^[\w./@:-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
