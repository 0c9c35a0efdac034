import { Command } from 'commander'
import { packageVersion } from '#app/package-facts'

type Register = (program: Command) => void

/** Each command's module is loaded only when it is asked for: starting must cost nothing. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  up: async () => (await import('./cmd-up.ts')).registerUp,
  serve: async () => (await import('./cmd-serve.ts')).registerServe,
  plan: async () => (await import('./cmd-plan.ts')).registerPlan,
  apply: async () => (await import('./cmd-plan.ts')).registerPlan,
  diff: async () => (await import('./cmd-plan.ts')).registerPlan,
  data: async () => (await import('./cmd-data.ts')).registerData,
  features: async () => (await import('./cmd-features.ts')).registerFeatures,
  demo: async () => (await import('./cmd-demo.ts')).registerDemo,
  run: async () => (await import('./cmd-run.ts')).registerRun,
  train: async () => (await import('./cmd-train.ts')).registerTrain,
  import: async () => (await import('./cmd-import.ts')).registerImport,
  relay: async () => (await import('./cmd-relay.ts')).registerRelay,
  runs: async () => (await import('./cmd-runs.ts')).registerRuns,
  models: async () => (await import('./cmd-models.ts')).registerModels,
  repro: async () => (await import('./cmd-repro.ts')).registerRepro,
  status: async () => (await import('./cmd-repro.ts')).registerRepro,
  dag: async () => (await import('./cmd-repro.ts')).registerRepro,
  pipelines: async () => (await import('./cmd-pipelines.ts')).registerPipelines,
  deploy: async () => (await import('./cmd-deploy.ts')).registerDeploy,
  promote: async () => (await import('./cmd-deploy.ts')).registerDeploy,
  rollback: async () => (await import('./cmd-deploy.ts')).registerDeploy,
  abort: async () => (await import('./cmd-deploy.ts')).registerDeploy,
  endpoints: async () => (await import('./cmd-endpoints.ts')).registerEndpoints,
  predict: async () => (await import('./cmd-predict.ts')).registerPredict,
  labels: async () => (await import('./cmd-predict.ts')).registerPredict,
  monitors: async () => (await import('./cmd-monitors.ts')).registerMonitors,
  store: async () => (await import('./cmd-store.ts')).registerStore,
  webhooks: async () => (await import('./cmd-webhooks.ts')).registerWebhooks,
  remotes: async () => (await import('./cmd-remotes.ts')).registerRemotes,
  alerts: async () => (await import('./cmd-alerts.ts')).registerAlerts,
  wait: async () => (await import('./cmd-wait.ts')).registerWait,
  why: async () => (await import('./cmd-why.ts')).registerWhy,
  init: async () => (await import('./cmd-init.ts')).registerInit,
  split: async () => (await import('./cmd-init.ts')).registerSplit,
  doctor: async () => (await import('./cmd-doctor.ts')).registerDoctor,
  backup: async () => (await import('./cmd-backup.ts')).registerBackup,
  restore: async () => (await import('./cmd-backup.ts')).registerBackup,
  user: async () => (await import('./cmd-user.ts')).registerUser,
  token: async () => (await import('./cmd-token.ts')).registerToken,
  login: async () => (await import('./cmd-token.ts')).registerLogin,
}

async function main(): Promise<void> {
  process.stdout.on('error', (thrown: NodeJS.ErrnoException) => {
    // Whoever read, `head` for one, has seen enough.
    if (thrown.code === 'EPIPE') process.exit()
    throw thrown
  })
  const program = new Command('gyre')
    .description('Data, features, training, models, endpoints and monitors in one loop.')
    .version(packageVersion(), '-V, --version')
    .showHelpAfterError('Add --help to see how it is used.')
    // A command with subcommands may have options of the same names as theirs.
    .enablePositionalOptions()
    .exitOverride()
  const asked = process.argv.slice(2).find((word) => !word.startsWith('-'))
  const load = asked === undefined ? undefined : commands[asked]
  const registers = await Promise.all(
    load === undefined ? Object.values(commands).map((each) => each()) : [load()],
  )
  for (const register of new Set(registers)) register(program)
  try {
    await program.parseAsync()
  } catch (thrown) {
    const { exitCode, code } = thrown as { exitCode?: number; code?: string }
    if (code === undefined || !code.startsWith('commander.')) throw thrown
    process.exitCode = exitCode === 0 ? 0 : 2
  }
}

await main()
