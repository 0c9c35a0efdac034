import { testAiGateway } from './ai-gateway.contract.ts'

testAiGateway(async () => ({}))
