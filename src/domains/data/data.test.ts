import { testData } from './data.contract.ts'

testData(async () => ({}))
