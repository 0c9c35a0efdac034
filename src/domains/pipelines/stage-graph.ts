import { invalid } from '#kernel/errors'
import { fromRoot, type Stage } from './stage.ts'

/**
 * Links stages by paths: a stage comes after those whose outputs its dependencies are, lie in or
 * hold. Gives them in depth-first order, as DVC runs them. Errors: `invalid` for a name or an output
 * used twice, an output inside another, a cycle.
 */
export function linkStages(stages: readonly Stage[], file: string): Stage[] {
  const names = new Set<string>()
  for (const { name } of stages) {
    if (names.has(name)) throw invalid(`${file}: there are two stages "${name}".`)
    names.add(name)
  }
  const makers = outputMakers(stages, file)
  const linked = stages.map((stage) => ({ ...stage, after: predecessors(stage, makers) }))
  return inOrder(linked, file)
}

/** Which stage makes a path. */
class Makers {
  /** Output path -> stage. */
  readonly exact = new Map<string, string>()
  /** A directory above outputs -> the stages that make something below it. */
  readonly below = new Map<string, Set<string>>()
}

function outputMakers(stages: readonly Stage[], file: string): Makers {
  const makers = new Makers()
  for (const stage of stages) {
    for (const output of stage.outputs) {
      const path = fromRoot(stage, output.path)
      const other = makers.exact.get(path)
      if (other !== undefined) {
        throw invalid(`${file}: "${path}" is an output of stage "${other}" and of "${stage.name}".`)
      }
      makers.exact.set(path, stage.name)
      for (const above of directoriesAbove(path)) {
        const set = makers.below.get(above) ?? new Set()
        makers.below.set(above, set.add(stage.name))
      }
    }
  }
  for (const [path, name] of makers.exact) {
    const outer = directoriesAbove(path).find((above) => makers.exact.has(above))
    if (outer === undefined) continue
    throw invalid(
      `${file}: the output "${path}" of stage "${name}" lies inside "${outer}", ` +
        `an output of stage "${makers.exact.get(outer) ?? ''}".`,
    )
  }
  return makers
}

function directoriesAbove(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

function predecessors(stage: Stage, makers: Makers): string[] {
  // A frozen stage does not look at what comes before it.
  if (stage.frozen) return []
  const found = new Set<string>()
  const paths = [...stage.dependencies, ...stage.parameters.map((p) => p.file)]
  for (const dependency of paths) {
    const path = fromRoot(stage, dependency)
    for (const candidate of [path, ...directoriesAbove(path)]) {
      const maker = makers.exact.get(candidate)
      if (maker !== undefined) found.add(maker)
    }
    for (const maker of makers.below.get(path) ?? []) found.add(maker)
  }
  found.delete(stage.name)
  return [...found]
}

function inOrder(stages: readonly Stage[], file: string): Stage[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]))
  const ordered: Stage[] = []
  const done = new Set<string>()
  for (const root of stages) {
    // An explicit stack: pipelines of thousands of stages in a row must not overflow ours.
    const stack: { stage: Stage; next: number }[] = [{ stage: root, next: 0 }]
    const open = new Set<string>([root.name])
    while (stack.length > 0 && !done.has(root.name)) {
      const top = stack.at(-1) as { stage: Stage; next: number }
      const name = top.stage.after[top.next++]
      if (name === undefined) {
        stack.pop()
        open.delete(top.stage.name)
        done.add(top.stage.name)
        ordered.push(top.stage)
      } else if (open.has(name)) {
        const path = [...stack.map((entry) => entry.stage.name), name]
        throw invalid(
          `${file}: the stages ${path.slice(path.indexOf(name)).join(' -> ')} depend on each other in a circle.`,
        )
      } else if (!done.has(name)) {
        const stage = byName.get(name) as Stage
        stack.push({ stage, next: 0 })
        open.add(name)
      }
    }
  }
  return ordered
}

/**
 * The stages that targets name, with all that come before them (or only themselves), in order. A
 * target is a stage's name, a group's name (`train` for `train@eu`) or an output's path.
 * Errors: `invalid` for a target that is none of them.
 */
export function selectStages(
  stages: readonly Stage[],
  targets: readonly string[],
  single: boolean,
): Stage[] {
  if (targets.length === 0) return [...stages]
  const wanted = new Set(targets.flatMap((target) => targetStages(stages, target)))
  if (!single) {
    for (const stage of stages.toReversed()) {
      if (wanted.has(stage.name)) for (const name of stage.after) wanted.add(name)
    }
  }
  return stages.filter((stage) => wanted.has(stage.name))
}

function targetStages(stages: readonly Stage[], target: string): string[] {
  const found = stages.filter(
    (stage) =>
      stage.name === target ||
      stage.name.startsWith(`${target}@`) ||
      stage.outputs.some((output) => fromRoot(stage, output.path) === target),
  )
  if (found.length > 0) return found.map((stage) => stage.name)
  throw invalid(
    `"${target.slice(0, 200)}" is no stage and no output. The stages are ` +
      `${stages
        .map((stage) => stage.name)
        .slice(0, 30)
        .join(', ')}.`,
  )
}
