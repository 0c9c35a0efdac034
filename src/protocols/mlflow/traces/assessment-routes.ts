import {
  createAssessment,
  deleteAssessment,
  getAssessment,
  updateAssessment,
} from '#domains/traces/index'
import { message, required, text } from '../fields.ts'
import { route } from '../route.ts'
import {
  assessmentFields,
  assessmentJson,
  assessmentValue,
  newAssessment,
} from './assessment-json.ts'

const v3 = { major: 3 } as const
const one = 'traces/:trace/assessments/:assessment'

function placeOf(params: Readonly<Record<string, string>>): { trace: string; assessment: string } {
  return { trace: params['trace'] ?? '', assessment: params['assessment'] ?? '' }
}

export const assessmentRoutes = [
  route(
    'POST',
    'traces/:trace/assessments',
    { assessment: required(message(assessmentFields)) },
    async ({ ctx, project, params, input }) => {
      const { trace } = placeOf(params)
      const assessment = newAssessment(input.assessment)
      return {
        assessment: assessmentJson(await createAssessment(ctx, { project, trace, assessment })),
      }
    },
    v3,
  ),
  route(
    'GET',
    one,
    {},
    async ({ ctx, project, params }) => {
      const found = await getAssessment(ctx, { project, ...placeOf(params) })
      return { assessment: assessmentJson(found) }
    },
    v3,
  ),
  route(
    'PATCH',
    one,
    { assessment: required(message(assessmentFields)), update_mask: required(text) },
    async ({ ctx, project, params, input }) => {
      const said = input.assessment
      const paths = new Set(input.update_mask.split(',').map(underscored))
      const changes = {
        name: paths.has('assessment_name') ? said.assessment_name : undefined,
        value:
          paths.has('expectation') || paths.has('feedback') ? assessmentValue(said) : undefined,
        rationale: paths.has('rationale') ? said.rationale : undefined,
        metadata: paths.has('metadata') ? said.metadata : undefined,
      }
      const updated = await updateAssessment(ctx, { project, ...placeOf(params), ...changes })
      return { assessment: assessmentJson(updated) }
    },
    v3,
  ),
  route(
    'DELETE',
    one,
    {},
    async ({ ctx, project, params }) => {
      await deleteAssessment(ctx, { project, ...placeOf(params) })
      return {}
    },
    v3,
  ),
]

/** A field mask comes in either spelling. */
function underscored(path: string): string {
  return path.trim().replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
