export {
  declarePipeline,
  getPipeline,
  listPipelines,
  notePipelineStages,
  parsePipelinesDeclaration,
  type PipelineDeclaration,
} from './declare-pipeline.ts'
export { type CodeComparison, compareCode } from './compare-code.ts'
export { type CodeDiff, diffCommits } from './diff-commits.ts'
export { declareTrigger, listTriggers, removeTrigger } from './declare-trigger.ts'
export { fireDueSchedules, fireTrigger, type TriggerFiring } from './fire-trigger.ts'
export { getExecution, listExecutions } from './list-executions.ts'
export type { PathState } from './lock-file.ts'
export { parseParameters } from './parameter-files.ts'
export {
  describeStage,
  type Execution,
  type ExecutionDetail,
  type Pipeline,
  type PipelineStage,
  type StageRun,
} from './pipeline.ts'
export {
  beginExecution,
  cancelExecution,
  finishExecution,
  noteWaiting,
  reportExecution,
} from './report-execution.ts'
export { readStageLog, reportStage, type StageUpdate } from './report-stage.ts'
export {
  type PlannedStage,
  planStages,
  reproduce,
  type Reproduction,
  type StageReport,
} from './reproduce.ts'
export { resolveStages } from './resolve-stages.ts'
export type { Stage } from './stage.ts'
export { selectStages } from './stage-graph.ts'
export { executeJobKind, type ExecutionStart, startExecution } from './start-execution.ts'
export type { ExecutionState, StageState } from './status.ts'
export type { PipelinesTables } from './store.ts'
export { parseTriggersDeclaration, type Trigger, type TriggerDeclaration } from './trigger.ts'
export type { Workspace } from './workspace.ts'
export { matchTriggers, recordSkipped } from './match-triggers.ts'
