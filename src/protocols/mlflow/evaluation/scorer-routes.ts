import {
  deleteScorer,
  getScorer,
  listScorers,
  listScorerSampling,
  listScorerVersions,
  registerScorer,
  type Scorer,
  type ScorerSampling,
  setScorerSampling,
} from '#domains/evaluation/index'
import { mlflowError } from '../errors.ts'
import { double, int64, list, required, text } from '../fields.ts'
import { type Route, route } from '../route.ts'

const v3 = { major: 3 } as const
const place = { experiment_id: required(text), name: required(text) }

/** Judges and programs that say how good an answer is. */
export const scorerRoutes: readonly Route[] = [
  route(
    'POST',
    'scorers/register',
    { ...place, serialized_scorer: required(text) },
    async ({ ctx, project, input }) => {
      const scorer = await registerScorer(ctx, {
        project,
        experiment: input.experiment_id,
        name: input.name,
        definition: input.serialized_scorer,
      })
      return {
        version: scorer.version,
        scorer_id: scorer.id,
        experiment_id: scorer.experiment,
        name: scorer.name,
        serialized_scorer: scorer.definition,
        creation_time: scorer.createdAt,
      }
    },
    v3,
  ),
  route(
    'GET',
    'scorers/list',
    { experiment_id: text, experiment_ids: list(text) },
    async ({ ctx, project, input, source }) => {
      const several = 'experiment_ids' in source
      if (several && input.experiment_id !== undefined) {
        throw mlflowError(
          'INVALID_PARAMETER_VALUE',
          "Cannot specify both 'experiment_id' and 'experiment_ids'. Use one of them.",
        )
      }
      const one = input.experiment_id === undefined ? undefined : [input.experiment_id]
      const experiments = several ? input.experiment_ids : one
      return { scorers: (await listScorers(ctx, { project, experiments })).map(scorerJson) }
    },
    v3,
  ),
  route(
    'GET',
    'scorers/versions',
    place,
    async ({ ctx, project, input }) => {
      const { experiment_id: experiment, name } = input
      const versions = await listScorerVersions(ctx, { project, experiment, name })
      return { scorers: versions.map(scorerJson) }
    },
    v3,
  ),
  route(
    'GET',
    'scorers/get',
    { ...place, version: int64 },
    async ({ ctx, project, input }) => {
      const { experiment_id: experiment, name, version } = input
      return { scorer: scorerJson(await getScorer(ctx, { project, experiment, name, version })) }
    },
    v3,
  ),
  route(
    'DELETE',
    'scorers/delete',
    { ...place, version: int64 },
    async ({ ctx, project, input }) => {
      const { experiment_id: experiment, name, version } = input
      await deleteScorer(ctx, { project, experiment, name, version })
      return {}
    },
    v3,
  ),
  route(
    'PUT',
    'scorers/online-config',
    { ...place, sample_rate: required(double), filter_string: text },
    async ({ ctx, project, input }) => {
      const sampling = await setScorerSampling(ctx, {
        project,
        experiment: input.experiment_id,
        name: input.name,
        sampleRate: input.sample_rate,
        filter: input.filter_string,
      })
      return { config: samplingJson(sampling) }
    },
    v3,
  ),
  route(
    'GET',
    'scorers/online-configs',
    { scorer_ids: required(list(text)) },
    async ({ ctx, project, input }) => {
      const configs = await listScorerSampling(ctx, { project, scorers: input.scorer_ids })
      return { configs: configs.map(samplingJson) }
    },
    v3,
  ),
]

function scorerJson(scorer: Scorer): object {
  return {
    experiment_id: Number(scorer.experiment),
    scorer_name: scorer.name,
    scorer_version: scorer.version,
    serialized_scorer: scorer.definition,
    creation_time: scorer.createdAt,
    scorer_id: scorer.id,
  }
}

function samplingJson(sampling: ScorerSampling): object {
  return {
    online_scoring_config_id: sampling.id,
    scorer_id: sampling.scorer,
    sample_rate: sampling.sampleRate,
    experiment_id: sampling.experiment,
    filter_string: sampling.filter,
  }
}
