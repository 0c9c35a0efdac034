import { testWebhooks } from './webhooks.contract.ts'

testWebhooks(async () => ({}))
