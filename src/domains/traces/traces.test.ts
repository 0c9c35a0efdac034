import { testTraces } from './traces.contract.ts'

testTraces(async () => ({}))
