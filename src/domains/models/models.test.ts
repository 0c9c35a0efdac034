import { testModels } from './models.contract.ts'

testModels(async () => ({}))
