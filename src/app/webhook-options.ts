import type { WebhookOptions } from '#adapters/webhook/notify'
import { invalid } from '#kernel/errors'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whom webhooks may tell: public hosts over https, unless the environment says otherwise. MLflow's
 * own variables count where Gyre's are not set. Errors: `invalid` names the variable.
 */
export function readWebhooks(environment: Environment): WebhookOptions {
  const first = (...names: string[]) => names.map((name) => environment[name]).find((v) => v)
  const schemes = first('GYRE_WEBHOOK_SCHEMES', 'MLFLOW_WEBHOOK_ALLOWED_SCHEMES') ?? 'https'
  const allowed = first('GYRE_WEBHOOK_PRIVATE', 'MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS') ?? 'false'
  const retries = wholeNumber(environment, 'MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES', 9)
  const seconds = wholeNumber(environment, 'MLFLOW_WEBHOOK_REQUEST_TIMEOUT', 30)
  return {
    schemes: schemes
      .split(',')
      .map((scheme) => scheme.trim().toLowerCase())
      .filter((scheme) => scheme === 'http' || scheme === 'https'),
    allowPrivate: ['true', '1'].includes(allowed.toLowerCase()),
    attempts: wholeNumber(environment, 'GYRE_WEBHOOK_ATTEMPTS', retries + 1),
    timeoutMs: wholeNumber(environment, 'GYRE_WEBHOOK_TIMEOUT_S', seconds) * 1000,
  }
}

function wholeNumber(environment: Environment, name: string, usual: number): number {
  const text = environment[name]
  if (text === undefined || text === '') return usual
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw invalid(`${name} is ${JSON.stringify(text)}. Write a whole number up to 9999.`)
}
