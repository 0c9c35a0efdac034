import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouteComponent,
} from '@tanstack/react-router'
import { NotFound, PageCrash } from './dead-ends.tsx'
import { Shell } from './shell.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const pages: readonly (readonly [path: string, component: RouteComponent])[] = [
  ['/', lazyRouteComponent(() => import('../rooms/loop/loop-page.tsx'), 'LoopPage')],
  ['/data', lazyRouteComponent(() => import('../rooms/data/data-page.tsx'), 'DataPage')],
  [
    '/data/$dataset',
    lazyRouteComponent(() => import('../rooms/data/dataset-page.tsx'), 'DatasetPage'),
  ],
  [
    '/data/$dataset/$version',
    lazyRouteComponent(() => import('../rooms/data/version-page.tsx'), 'VersionPage'),
  ],
  [
    '/features',
    lazyRouteComponent(() => import('../rooms/features/features-page.tsx'), 'FeaturesPage'),
  ],
  [
    '/features/views/$view',
    lazyRouteComponent(() => import('../rooms/features/view-page.tsx'), 'ViewPage'),
  ],
  [
    '/features/services/$service',
    lazyRouteComponent(() => import('../rooms/features/service-page.tsx'), 'ServicePage'),
  ],
  ['/runs', lazyRouteComponent(() => import('../rooms/runs/runs-page.tsx'), 'RunsPage')],
  ['/runs/$run', lazyRouteComponent(() => import('../rooms/runs/run-page.tsx'), 'RunPage')],
  ['/compare', lazyRouteComponent(() => import('../rooms/runs/compare-page.tsx'), 'ComparePage')],
  ['/models', lazyRouteComponent(() => import('../rooms/models/models-page.tsx'), 'ModelsPage')],
  [
    '/models/$model',
    lazyRouteComponent(() => import('../rooms/models/model-page.tsx'), 'ModelPage'),
  ],
  [
    '/models/$model/$version',
    lazyRouteComponent(() => import('../rooms/models/model-version-page.tsx'), 'ModelVersionPage'),
  ],
  [
    '/pipelines',
    lazyRouteComponent(() => import('../rooms/pipelines/pipelines-page.tsx'), 'PipelinesPage'),
  ],
  [
    '/pipelines/$pipeline',
    lazyRouteComponent(() => import('../rooms/pipelines/pipeline-page.tsx'), 'PipelinePage'),
  ],
  [
    '/executions/$execution',
    lazyRouteComponent(() => import('../rooms/pipelines/execution-page.tsx'), 'ExecutionPage'),
  ],
  [
    '/triggers/$trigger',
    lazyRouteComponent(() => import('../rooms/pipelines/trigger-page.tsx'), 'TriggerPage'),
  ],
  [
    '/endpoints',
    lazyRouteComponent(() => import('../rooms/endpoints/endpoints-page.tsx'), 'EndpointsPage'),
  ],
  [
    '/endpoints/$endpoint',
    lazyRouteComponent(() => import('../rooms/endpoints/endpoint-page.tsx'), 'EndpointPage'),
  ],
  [
    '/rollouts/$rollout',
    lazyRouteComponent(() => import('../rooms/endpoints/rollout-page.tsx'), 'RolloutPage'),
  ],
  [
    '/monitors',
    lazyRouteComponent(() => import('../rooms/monitors/monitors-page.tsx'), 'MonitorsPage'),
  ],
  [
    '/monitors/$monitor',
    lazyRouteComponent(() => import('../rooms/monitors/monitor-page.tsx'), 'MonitorPage'),
  ],
  [
    '/alarms/$alarm',
    lazyRouteComponent(() => import('../rooms/alerts/alarm-page.tsx'), 'AlarmPage'),
  ],
  ['/alerts', lazyRouteComponent(() => import('../rooms/alerts/alerts-page.tsx'), 'AlertsPage')],
  [
    '/alerts/$incident',
    lazyRouteComponent(() => import('../rooms/alerts/incident-page.tsx'), 'IncidentPage'),
  ],
  [
    '/journal',
    lazyRouteComponent(() => import('../rooms/journal/journal-page.tsx'), 'JournalPage'),
  ],
  [
    '/journal/$seq',
    lazyRouteComponent(() => import('../rooms/journal/record-page.tsx'), 'RecordPage'),
  ],
  [
    '/lineage/$subject',
    lazyRouteComponent(() => import('../rooms/journal/lineage-page.tsx'), 'LineagePage'),
  ],
  ['/why/$subject', lazyRouteComponent(() => import('../rooms/journal/why-page.tsx'), 'WhyPage')],
  [
    '/settings',
    lazyRouteComponent(() => import('../rooms/access/settings-page.tsx'), 'SettingsPage'),
  ],
]

/** All pages by address. What stands after `?` is read as plain texts, never as JSON. */
export function createPageRouter() {
  const routes = pages.map(([path, component]) =>
    createRoute({ getParentRoute: () => root, path, component }),
  )
  return createRouter({
    routeTree: root.addChildren(routes),
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const text = new URLSearchParams(search as Record<string, string>).toString()
      return text === '' ? '' : `?${text}`
    },
    scrollRestoration: true,
    defaultErrorComponent: PageCrash,
    defaultPendingMs: 150,
  })
}
