import type { Client } from '#client/client'

/** An address of the page and the heading that shows that it leads where it says. */
export type Address = readonly [path: string, heading: string]

/** Every page there is, of a project that was seeded. */
export async function addressesOf(client: Client, project: string): Promise<Address[]> {
  const params = { project }
  const { items: runs } = await client.runs.searchRuns({
    params,
    body: { filter: "params.trees = '60'", limit: 3 },
  })
  const [run, second, third] = runs
  const { items: executions } = await client.pipelines.listExecutions({ params })
  const { items: rollouts } = await client.deployments.listRollouts({
    params: { project, endpoint: 'late-flights' },
  })
  const { items: incidents } = await client.alerts.listIncidents({ params })
  const { items: alarms } = await client.alerts.listAlarms({ params })
  const { items: forks } = await client.runs.searchRuns({
    params,
    body: { filter: "params.trees = '80'" },
  })
  const [fork] = forks
  const { items: pictures } = await client.data.listFolder({
    params: { project, dataset: 'pictures', version: '3' },
    query: { folder: 'images/airbus' },
  })
  const [picture] = pictures
  const ids = [run, second, third].map((each) => each?.id ?? '').join(',')
  return [
    ['/', 'Loop'],
    ['/data', 'Data'],
    ['/data/flights', 'flights'],
    ['/data?tab=storage', 'Data'],
    ['/data?tab=remotes', 'Data'],
    ['/data/flights?version=5&measure=size&clock=events', 'flights'],
    ['/data/flights?tab=expectations', 'flights'],
    ['/data/pictures?tab=keeping', 'pictures'],
    ['/data/flights/8', 'flights v8'],
    ['/data/flights/5?tab=verdict', 'flights v5'],
    ['/data/flights/8?tab=columns', 'flights v8'],
    ['/data/flights/8?tab=preview', 'flights v8'],
    ['/data/flights/8?tab=columns&column=origin', 'flights v8'],
    ['/data/flights/8?tab=columns&column=delay', 'flights v8'],
    ['/data/flights/8?tab=files', 'flights v8'],
    ['/data/flights/8?tab=uses', 'flights v8'],
    ['/data/pictures/3?tab=files&folder=crops', 'pictures v3'],
    ...['images/airbus/1.png', 'labels.csv', 'boxes.json', 'model.bin'].map((file): Address => [
      `/data/pictures/3?tab=files&file=${file}`,
      'pictures v3',
    ]),
    ['/data/pictures/3?tab=files&file=labels.csv&look=columns', 'pictures v3'],
    ['/data/pictures/1?tab=uses', 'pictures v1'],
    ['/features', 'Features'],
    ['/features/views/origin_delays', 'origin_delays'],
    ['/features/services/late_flights', 'late_flights'],
    ['/features/services/late_flights?tab=consistency', 'late_flights'],
    ['/features/services/late_flights?tab=lookup', 'late_flights'],
    ['/features/services/late_flights?tab=sets', 'late_flights'],
    ['/runs', 'Runs'],
    ['/runs?group=params.depth&columns=metrics.valid_auc,max.valid_auc', 'Runs'],
    ['/runs?columns=min.valid_log_loss,max.valid_auc&order=max.valid_auc desc', 'Runs'],
    [`/runs/${run?.id}`, run?.name ?? ''],
    [`/runs/${run?.id}?tab=charts`, run?.name ?? ''],
    [`/runs/${run?.id}?tab=charts&smooth=0.9&x=relative`, run?.name ?? ''],
    [`/runs/${run?.id}?tab=charts&steps=10-40`, run?.name ?? ''],
    ...[
      'reports/summary.txt',
      'reports/slices.csv',
      'reports/params.json',
      'reports/curve.svg',
      'reports/page.html',
    ].map((file): Address => [
      `/runs/${run?.id}?tab=artifacts&path=${file.split('/')[0]}&file=${file}`,
      run?.name ?? '',
    ]),
    [`/compare?runs=${ids}`, 'Compare 3 runs'],
    [`/runs/${fork?.id}`, fork?.name ?? ''],
    [`/runs/${fork?.id}?tab=charts`, fork?.name ?? ''],
    ['/models', 'Models'],
    ['/models/late-flights', 'late-flights'],
    ['/models/late-flights?tab=history', 'late-flights'],
    ['/models/late-flights?tab=compare&left=1&right=2', 'late-flights'],
    ['/models/late-flights?tab=gate', 'late-flights'],
    ['/models/late-flights?tab=keeping', 'late-flights'],
    ['/models/late-flights/2', 'late-flights v2'],
    [`/models/late-flights?tab=history&at=${Date.now() - 86_400_000}`, 'late-flights'],
    ['/models/late-flights/2?tab=making', 'late-flights v2'],
    ['/models/late-flights/2?tab=reviews', 'late-flights v2'],
    ['/pipelines', 'Pipelines'],
    ['/pipelines?tab=executions', 'Pipelines'],
    ['/pipelines?tab=triggers', 'Pipelines'],
    ['/pipelines/late-flights', 'late-flights'],
    [`/executions/${executions[0]?.id}?stage=train`, 'Execution of late-flights'],
    ['/triggers/retrain-weekly', 'retrain-weekly'],
    ['/endpoints', 'Endpoints'],
    ['/endpoints/late-flights', 'late-flights'],
    ['/endpoints/late-flights?tab=try', 'late-flights'],
    ['/endpoints/late-flights?tab=rollouts', 'late-flights'],
    ['/endpoints/late-flights?tab=predictions', 'late-flights'],
    ['/endpoints/late-flights?tab=policy', 'late-flights'],
    [`/rollouts/${rollouts[0]?.id}`, `Release of v${rollouts[0]?.version}`],
    ['/monitors', 'Monitors'],
    ['/monitors/late-flights-weekly', 'late-flights-weekly'],
    ['/monitors/late-flights-weekly?tab=window', 'late-flights-weekly'],
    ['/monitors/late-flights-weekly?tab=settings', 'late-flights-weekly'],
    ['/alerts', 'Alerts'],
    ['/alerts?state=all', 'Alerts'],
    [`/alerts/${incidents[0]?.id}`, headingOf(incidents[0]?.kind)],
    [`/alarms/${alarms[0]?.id}`, headingOf(alarms[0]?.kind)],
    ['/journal', 'Journal'],
    ['/journal?verb=gate.', 'Journal'],
    ['/journal/12', 'Record 12'],
    ['/why/endpoint:late-flights', 'Why late-flights'],
    [`/why/blob:${picture?.sha256}`, `Why blob ${picture?.sha256?.slice(-8)}`],
    ['/lineage/model:late-flights@2', 'Lineage of late-flights v2'],
    ['/settings', 'Settings'],
    ['/settings?tab=tokens', 'Settings'],
    ['/no/such/page.v2', 'Nothing here'],
  ]
}

/** `late-delivery` as `Late delivery`. */
function headingOf(kind = ''): string {
  const words = kind.replaceAll('-', ' ')
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}
