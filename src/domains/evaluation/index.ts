export {
  createEvaluationSet,
  deleteEvaluationSet,
  getEvaluationSet,
  placeEvaluationSet,
  tagEvaluationSet,
} from './change-evaluation-set.ts'
export {
  deleteEvaluationRecords,
  listEvaluationRecords,
  type NewEvaluationRecord,
  upsertEvaluationRecords,
} from './evaluation-records.ts'
export type { EvaluationRecord, EvaluationSet } from './evaluation-set.ts'
export { changeIssue, getIssue, type Issue, openIssue, searchIssues } from './issues.ts'
export { deleteScorer } from './delete-scorer.ts'
export { getScorer, listScorers, listScorerVersions } from './read-scorers.ts'
export { registerScorer } from './register-scorer.ts'
export type { Scorer } from './scorer.ts'
export { listScorerSampling, type ScorerSampling, setScorerSampling } from './scorer-sampling.ts'
export { searchEvaluationSets } from './search-evaluation-sets.ts'
export { evaluationBlobColumns } from './blob-columns.ts'
