import { testPurge } from './purge-runs.contract.ts'

testPurge(async () => ({}))
