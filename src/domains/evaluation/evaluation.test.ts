import { testEvaluation } from './evaluation.contract.ts'

testEvaluation(async () => ({}))
