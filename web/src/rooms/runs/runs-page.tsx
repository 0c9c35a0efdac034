import { Button, Select } from '@mantine/core'
import { Anchor } from '../../parts/anchor.tsx'
import { Bones } from '../../parts/bones.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { codeOf, failureOf } from '../../parts/failure-text.ts'
import { FilterBox } from '../../parts/filter-box.tsx'
import { Icon } from '../../parts/icon.tsx'
import { countText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { useUrlList, useUrlText } from '../../parts/url-state.ts'
import { ColumnMenu, useShownColumns } from './column-menu.tsx'
import { GroupSelect } from './group-select.tsx'
import { GroupTable } from './group-table.tsx'
import { useExperiments, useRunPages } from './run-reads.ts'
import { RunTable } from './run-table.tsx'
import css from './runs-page.module.css'

const mostCompared = 10

/** Every run, filtered and sorted by the server, with the columns that one chose; or in groups. */
export function RunsPage() {
  const [filter, setFilter] = useUrlText('filter')
  const [experiment] = useUrlText('experiment')
  const [by] = useUrlText('group')
  const [orderBy] = useUrlText('order')
  const [shown] = useShownColumns(experiment)
  const columns = shown.map(({ id }) => id)
  const pages = useRunPages({ experiment, filter, orderBy, columns })
  const total = pages.data?.pages[0]?.total
  const wrong = codeOf(pages.error) === 'invalid' ? failureOf(pages.error).text : undefined
  return (
    <Page
      title="Runs"
      beside={
        <span className="quiet" aria-live="polite">
          {total === undefined ? '' : countText(total)}
        </span>
      }
      actions={<CompareButton />}
    >
      <div className={css['bar']}>
        <FilterBox
          value={filter}
          onChange={setFilter}
          label="Filter runs"
          placeholder="metrics.auc > 0.6 and params.learner = 'trees'"
          error={wrong}
        />
        <ExperimentSelect />
        <GroupSelect experiment={experiment} />
        <ColumnMenu experiment={experiment} />
      </div>
      {pages.error !== null && wrong === undefined ? (
        <Failure error={pages.error} retry={() => void pages.refetch()} />
      ) : null}
      {by === '' ? (
        <RunRows pages={pages} filtered={filter !== '' || experiment !== ''} />
      ) : (
        <GroupTable by={by} experiment={experiment} filter={filter} />
      )}
    </Page>
  )
}

function RunRows({
  pages,
  filtered,
}: {
  pages: ReturnType<typeof useRunPages>
  filtered: boolean
}) {
  if (pages.data !== undefined)
    return <RunTable pages={pages} empty={<NoRuns filtered={filtered} />} />
  return (
    <div className={css['frame']}>
      {pages.error === null ? <Bones rows={14} /> : <NoRuns filtered />}
    </div>
  )
}

function ExperimentSelect() {
  const [experiment, setExperiment] = useUrlText('experiment')
  const experiments = useExperiments()
  const items = experiments.data?.items ?? []
  return (
    <Select
      size="sm"
      aria-label="Experiment"
      placeholder="All experiments"
      clearable
      searchable={items.length > 8}
      value={experiment === '' ? null : experiment}
      data={items.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(value) => setExperiment(value ?? '')}
      style={{ width: 190, flex: 'none' }}
    />
  )
}

function CompareButton() {
  const [chosen, choose] = useUrlList('chosen')
  if (chosen.length === 0) return null
  const fits = chosen.length >= 2 && chosen.length <= mostCompared
  return (
    <>
      <Button size="sm" variant="subtle" color="gray" onClick={() => choose([])}>
        Clear {chosen.length} chosen
      </Button>
      {fits ? (
        <Anchor to={places.compareRuns(chosen)} className={css['compare']}>
          <Icon name="compare" size={14} /> Compare {chosen.length} runs
        </Anchor>
      ) : (
        <span className="quiet">
          {chosen.length < 2 ? 'Choose one more to compare' : `Compare at most ${mostCompared}`}
        </span>
      )}
    </>
  )
}

function NoRuns({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty icon="search" title="No run matches">
        Write <code>metrics.auc &gt; 0.6</code>, <code>params.depth = &apos;6&apos;</code>,{' '}
        <code>attributes.status = &apos;finished&apos;</code>,{' '}
        <code>tags.team = &apos;a&apos;</code>, joined by <code>and</code>.
      </Empty>
    )
  }
  return (
    <Empty
      icon="runs"
      title="No runs yet"
      commands={[
        'gyre run -- python train.py',
        'gyre train trees --data training.parquet --target late',
        'export MLFLOW_TRACKING_URI=' + location.origin,
      ]}
    >
      Track any command, train with a built-in learner, or point an MLflow client here.
    </Empty>
  )
}
