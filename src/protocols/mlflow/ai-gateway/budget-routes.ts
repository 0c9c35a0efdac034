import {
  changeAiBudget,
  createAiBudget,
  deleteAiBudget,
  getAiBudget,
  listAiBudgets,
} from '#domains/ai-gateway/index'
import { double, enumeration, int64, invalidValue, message, required, text } from '../fields.ts'
import { type Route, route } from '../route.ts'
import { unlessEmpty } from '../wire.ts'
import { budgetJson } from './gateway-json.ts'

const v3 = { major: 3 } as const
const path = 'gateway/budgets'

const units = enumeration({ MINUTES: 1, HOURS: 2, DAYS: 3, WEEKS: 4, MONTHS: 5 })
const fields = {
  budget_unit: enumeration({ USD: 1 }),
  budget_amount: double,
  duration: message({ unit: required(units), value: required(int64) }),
  target_scope: enumeration({ GLOBAL: 1, WORKSPACE: 2, ENDPOINT: 3, USER: 4 }),
  budget_action: enumeration({ ALERT: 1, REJECT: 2 }),
  target_value: text,
}
const budgetId = { budget_policy_id: required(text) }

/** How much may be spent, and what happens when it is. */
export const budgetRoutes: readonly Route[] = [
  route(
    'POST',
    `${path}/create`,
    {
      ...fields,
      budget_unit: required(fields.budget_unit),
      budget_amount: required(fields.budget_amount),
      duration: required(fields.duration),
      target_scope: required(fields.target_scope),
      budget_action: required(fields.budget_action),
      created_by: text,
    },
    async ({ ctx, project, input }) => {
      const budget = await createAiBudget(ctx, {
        project,
        budget: {
          amount: input.budget_amount,
          duration: input.duration,
          scope: input.target_scope,
          target: input.target_value,
          action: input.budget_action,
        },
        by: input.created_by,
      })
      return { budget_policy: budgetJson(budget) }
    },
    v3,
  ),
  route(
    'GET',
    `${path}/get`,
    budgetId,
    async ({ ctx, project, input }) => {
      const budget = await getAiBudget(ctx, { project, id: input.budget_policy_id })
      return { budget_policy: budgetJson(budget) }
    },
    v3,
  ),
  route(
    'POST',
    `${path}/update`,
    { ...budgetId, ...fields, updated_by: text },
    async ({ ctx, project, input }) => {
      const budget = await changeAiBudget(ctx, {
        project,
        id: input.budget_policy_id,
        budget: {
          amount: input.budget_amount,
          duration: input.duration,
          scope: input.target_scope,
          target: input.target_value,
          action: input.budget_action,
        },
        by: input.updated_by,
      })
      return { budget_policy: budgetJson(budget) }
    },
    v3,
  ),
  route(
    'DELETE',
    `${path}/delete`,
    budgetId,
    async ({ ctx, project, input }) => {
      await deleteAiBudget(ctx, { project, id: input.budget_policy_id })
      return {}
    },
    v3,
  ),
  route(
    'GET',
    `${path}/list`,
    { max_results: int64, page_token: text },
    async ({ ctx, project, input }) => {
      const limit = input.max_results ?? 1000
      if (limit < 1 || limit > 50_000) throw invalidValue('max_results', limit)
      const { items, nextPageToken } = await listAiBudgets(ctx, {
        project,
        limit,
        pageToken: input.page_token,
      })
      return { budget_policies: unlessEmpty(items.map(budgetJson)), next_page_token: nextPageToken }
    },
    v3,
  ),
]
