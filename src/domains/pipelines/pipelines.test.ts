import { testPipelines } from './pipelines.contract.ts'

testPipelines(async () => ({}))
