import { testRuns } from './runs.contract.ts'

testRuns(async () => ({}))
