/** One way to be known to a provider: what is secret and what is not. */
export interface AuthMode {
  mode: string
  title: string
  text: string
  /** Name and meaning; all of them are needed. */
  secrets: readonly (readonly [string, string])[]
  /** Name, meaning, and whether it is needed. */
  settings: readonly (readonly [string, string, boolean])[]
}

/** Providers that a form offers; any other name works like them. */
export const providers = [
  'anthropic',
  'azure',
  'bedrock',
  'cohere',
  'databricks',
  'deepseek',
  'gemini',
  'groq',
  'mistral',
  'ollama',
  'openai',
  'openrouter',
  'together_ai',
  'vertex_ai',
  'xai',
] as const

const region = ['aws_region_name', 'AWS region, such as us-east-1', false] as const

const special: Readonly<Record<string, readonly AuthMode[]>> = {
  azure: [
    {
      mode: 'api_key',
      title: 'API Key',
      text: 'An API key of Azure OpenAI',
      secrets: [['api_key', 'API key of Azure OpenAI']],
      settings: [
        ['api_base', 'Address of the Azure OpenAI resource', true],
        ['api_version', 'Version of the API, such as 2024-02-01', true],
      ],
    },
  ],
  bedrock: [
    {
      mode: 'api_key',
      title: 'API Key',
      text: 'A bearer token of Amazon Bedrock',
      secrets: [['api_key', 'API key of Amazon Bedrock']],
      settings: [['aws_region_name', 'AWS region, such as us-east-1', true]],
    },
    {
      mode: 'access_keys',
      title: 'Access Keys',
      text: 'An access key of AWS with its secret',
      secrets: [
        ['aws_access_key_id', 'AWS access key id'],
        ['aws_secret_access_key', 'AWS secret access key'],
      ],
      settings: [region],
    },
    {
      mode: 'iam_role',
      title: 'IAM Role Assumption',
      text: 'A role that is assumed with the credentials that the server has',
      secrets: [],
      settings: [['aws_role_name', 'ARN of the role', true], region],
    },
  ],
  databricks: [
    {
      mode: 'pat_token',
      title: 'Personal Access Token',
      text: 'A personal access token of Databricks',
      secrets: [['api_key', 'Personal access token']],
      settings: [['api_base', 'Address of the workspace', true]],
    },
  ],
  vertex_ai: [
    {
      mode: 'service_account_json',
      title: 'Service Account JSON',
      text: 'The key file of a service account of Google Cloud',
      secrets: [['vertex_credentials', 'Content of the key file']],
      settings: [
        ['vertex_project', 'Project id', true],
        ['vertex_location', 'Region, such as us-central1', false],
      ],
    },
  ],
}

/** The first one is the usual one. */
export function authModes(provider: string): readonly AuthMode[] {
  if (Object.hasOwn(special, provider)) return special[provider] ?? []
  const name = provider.slice(0, 100)
  return [
    {
      mode: 'api_key',
      title: 'API Key',
      text: `An API key of ${name}`,
      secrets: [['api_key', `API key of ${name}`]],
      settings: [['api_base', `Address of the API of ${name}`, false]],
    },
  ]
}
