import { testFollowedNames } from './follow-model-name.contract.ts'

testFollowedNames(async () => ({}))
