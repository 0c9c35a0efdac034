import { lockEntry, parseLock, type PathState } from '#domains/pipelines/lock-file'
import { resolveStages } from '#domains/pipelines/resolve-stages'
import { fromRoot } from '#domains/pipelines/stage'
import type { RepositoryReader } from './find-outputs.ts'
import type { TrackedOutput } from './tracked-output.ts'

/** The outputs of the stages of a dvc.yaml, with what dvc.lock recorded of them. */
export async function outputsOfPipeline(
  file: string,
  reader: RepositoryReader,
): Promise<TrackedOutput[]> {
  const directory = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : ''
  const at = (path: string) => (directory === '' ? path : `${directory}/${path}`)
  const stages = await resolveStages(async (path) => reader.text(at(path)), 'dvc.yaml')
  const lockFile = at('dvc.lock')
  const lock = parseLock(reader.text(lockFile), lockFile)
  return stages.flatMap((stage) => {
    const locked = lockEntry(lock, stage.name)
    return stage.outputs.map(({ path, cache }) => ({
      ...recorded(locked?.outputs.get(path)),
      path: at(fromRoot(stage, path)),
      file,
      stage: stage.name,
      cached: cache,
      pushed: true,
      remote: undefined,
      cloud: false,
      source: undefined,
    }))
  })
}

function recorded(
  state: PathState | undefined,
): Pick<TrackedOutput, 'algorithm' | 'digest' | 'sizeBytes' | 'fileCount' | 'isExecutable'> {
  return {
    algorithm: 'md5',
    digest: state?.md5,
    sizeBytes: state?.sizeBytes,
    fileCount: state?.fileCount,
    isExecutable: state?.isExecutable === true,
  }
}
