import { required, text } from '../fields.ts'
import { type Route, route } from '../route.ts'
import { type AuthMode, authModes, providers } from './providers.ts'

const page = { major: 3, ajaxOnly: true } as const

/** What MLflow's page asks before it shows the form for a secret. */
export const providerRoutes: readonly Route[] = [
  route('GET', 'gateway/supported-providers', {}, () => ({ providers }), page),
  route(
    'GET',
    'gateway/provider-config',
    { provider: required(text) },
    ({ input }) => {
      const modes = authModes(input.provider)
      return { auth_modes: modes.map(modeJson), default_mode: modes[0]?.mode }
    },
    page,
  ),
  route(
    'GET',
    'gateway/secrets/config',
    {},
    () => ({ secrets_available: true, using_default_passphrase: false }),
    page,
  ),
]

function modeJson({ mode, title, text: description, secrets, settings }: AuthMode): object {
  const field = (name: string, shown: string, isRequired: boolean) => ({
    name,
    type: 'string',
    description: shown,
    required: isRequired,
  })
  return {
    mode,
    display_name: title,
    description,
    secret_fields: secrets.map(([name, shown]) => field(name, shown, true)),
    config_fields: settings.map(([name, shown, isRequired]) => field(name, shown, isRequired)),
  }
}
