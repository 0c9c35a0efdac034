/**
 * Tags under which MLflow's clients write what a run or an experiment has as a value of its own. The
 * value is kept once; as tags they are written and read through these names.
 */
export const runNameTag = 'mlflow.runName'
export const noteTag = 'mlflow.note.content'
export const parentRunTag = 'mlflow.parentRunId'
/** Kept as a tag, and read as the commit that the run was made from. */
export const gitCommitTag = 'mlflow.source.git.commit'

/** Tags, apart from the values that they mirror. */
export interface SeparatedTags {
  name: string | undefined
  description: string | undefined
  parent: string | undefined
  tags: Record<string, string>
}

/** Takes mirrored values out of tags. */
export function separateTags(given: Readonly<Record<string, string>>): SeparatedTags {
  const { [runNameTag]: name, [noteTag]: description, [parentRunTag]: parent, ...tags } = given
  return { name, description, parent, tags }
}

/** Every tag as MLflow's clients see it: those that are stored, and mirrored values. */
export function mirroredTags(row: {
  name: string
  description: string
  parent: string | null
}): [key: string, value: string][] {
  const mirrored: [string, string][] = [[runNameTag, row.name]]
  if (row.description !== '') mirrored.push([noteTag, row.description])
  if (row.parent !== null) mirrored.push([parentRunTag, row.parent])
  return mirrored
}
