import { roles } from '#kernel/roles'
import type { CheckOf } from './gate-check.ts'
import type { GateFinding, UndecidedCase } from './gate-evidence.ts'
import type { Review } from './review-version.ts'

/** Enough people of the role said yes, and none of them says no. The last word of each counts. */
export function checkApprovals(
  { check, count, role, by_another }: CheckOf<'approvals'>,
  { reviews, createdBy }: UndecidedCase,
): GateFinding {
  const entitled = reviews.filter(
    (review) =>
      review.verdict !== 'comment' &&
      roles.indexOf(review.role) >= roles.indexOf(role) &&
      !(by_another && review.actor === createdBy),
  )
  const last = [...new Map(entitled.map((review) => [review.actor, review])).values()]
  const [yes, no] = [named(last, 'approved'), named(last, 'rejected')]
  const passed = no.length === 0 && yes.length >= count
  const who = by_another ? `, by others than ${createdBy}` : ''
  return {
    check,
    passed,
    text:
      `${yes.length} of ${count} approvals with the role ${role}${who}` +
      `${yes.length > 0 ? ` (${yes.join(', ')})` : ''}` +
      `${no.length > 0 ? `; rejected by ${no.join(', ')}` : ''}.` +
      `${passed ? '' : ' Approve it with `gyre models approve`.'}`,
    values: { count, role, approved: yes, rejected: no },
  }
}

function named(reviews: readonly Review[], verdict: Review['verdict']): string[] {
  return reviews.filter((review) => review.verdict === verdict).map((review) => review.actor)
}
