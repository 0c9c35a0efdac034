import { testFeatures } from './features.contract.ts'

testFeatures(async () => ({}))
