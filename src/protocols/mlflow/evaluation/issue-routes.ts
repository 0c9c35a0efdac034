import {
  changeIssue,
  getIssue,
  type Issue,
  openIssue,
  searchIssues,
} from '#domains/evaluation/index'
import { boolean, int64, invalidValue, list, required, text } from '../fields.ts'
import { type Route, route } from '../route.ts'

const v3 = { major: 3 } as const

/** Problems that were found in traces. */
export const issueRoutes: readonly Route[] = [
  route(
    'POST',
    'issues',
    {
      experiment_id: required(text),
      name: required(text),
      description: required(text),
      status: text,
      severity: text,
      root_causes: list(text),
      categories: list(text),
      source_run_id: text,
      created_by: text,
    },
    async ({ ctx, project, input }) => {
      const issue = await openIssue(ctx, {
        project,
        experiment: input.experiment_id,
        name: input.name,
        description: input.description,
        status: input.status,
        severity: input.severity,
        rootCauses: input.root_causes,
        categories: input.categories,
        sourceRun: input.source_run_id,
        createdBy: input.created_by,
      })
      return { issue: issueJson(issue) }
    },
    v3,
  ),
  route(
    'GET',
    'issues/:issue',
    {},
    async ({ ctx, project, params }) => {
      return { issue: issueJson(await getIssue(ctx, { project, issue: params['issue'] ?? '' })) }
    },
    v3,
  ),
  route(
    'PATCH',
    'issues/:issue',
    { name: text, description: text, status: text, severity: text },
    async ({ ctx, project, params, input }) => {
      const issue = await changeIssue(ctx, {
        project,
        issue: params['issue'] ?? '',
        name: given(input.name),
        description: given(input.description),
        status: given(input.status),
        severity: given(input.severity),
      })
      return { issue: issueJson(issue) }
    },
    v3,
  ),
  route(
    'POST',
    'issues/search',
    {
      experiment_id: text,
      filter_string: text,
      max_results: int64,
      page_token: text,
      include_trace_count: boolean,
    },
    async ({ ctx, project, input }) => {
      const { items, nextPageToken = '' } = await searchIssues(ctx, {
        project,
        experiment: given(input.experiment_id),
        filter: input.filter_string ?? '',
        limit: pageSize(input.max_results),
        pageToken: input.page_token,
        countTraces: input.include_trace_count ?? false,
      })
      return { issues: items.map(issueJson), next_page_token: nextPageToken }
    },
    v3,
  ),
]

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function pageSize(asked: number | undefined): number {
  if (asked === undefined) return 100
  if (asked >= 1 && asked <= 50_000) return asked
  throw invalidValue('max_results', asked, ' It must be between 1 and 50000.')
}

function issueJson(issue: Issue): object {
  return {
    issue_id: issue.id,
    experiment_id: issue.experiment,
    name: issue.name,
    description: issue.description,
    status: issue.status,
    severity: issue.severity,
    root_causes: issue.rootCauses.length === 0 ? undefined : issue.rootCauses,
    source_run_id: issue.sourceRun,
    created_timestamp: issue.createdAt,
    last_updated_timestamp: issue.updatedAt,
    created_by: issue.createdBy,
    categories: issue.categories.length === 0 ? undefined : issue.categories,
    trace_count: issue.traceCount,
  }
}
