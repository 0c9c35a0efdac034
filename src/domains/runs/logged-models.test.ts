import { testLoggedModels } from './logged-models.contract.ts'

testLoggedModels(async () => ({}))
