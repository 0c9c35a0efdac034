import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  authorize,
  authorizeOn,
  authorizeWhole,
  type Grant,
  mayCreate,
  mayEnter,
  maySeeAll,
  type Principal,
} from './principals.ts'
import type { Role } from './roles.ts'

const project = 'flights'

function who(...grants: Omit<Grant, 'project'>[]): { principal: Principal } {
  const own = grants.map((grant) => ({ project, ...grant }))
  return { principal: { kind: 'user', name: 'user:ann', grants: own } }
}

function reached(ctx: { principal: Principal }, role: Role = 'viewer', onThing?: Role): string {
  const needed = { project, kind: 'experiment' as const, role }
  try {
    const reach = authorizeOn(ctx, onThing === undefined ? needed : { ...needed, onThing })
    return ['1', '2', '3'].filter((name) => reach.holds(name)).join('')
  } catch (thrown) {
    return (thrown as { code: string }).code
  }
}

const one = 'experiment:1'

describe('what a principal may reach in a project', () => {
  it('is all of it with a role in the project that is enough, and nothing without', () => {
    assert.equal(reached(who({ role: 'viewer' })), '123')
    assert.equal(reached(who({ role: 'viewer' }), 'editor'), 'forbidden')
    assert.equal(reached(who()), 'forbidden')
    assert.equal(reached({ principal: { ...who().principal, grants: [] } }), 'forbidden')
    const elsewhere = { project: 'other', role: 'admin' as const }
    assert.equal(reached({ principal: { ...who().principal, grants: [elsewhere] } }), 'forbidden')
  })

  it('is what was granted by itself, with the role that was granted', () => {
    const ann = who({ role: 'editor', resource: one }, { role: 'viewer', resource: 'experiment:3' })
    assert.equal(reached(ann), '13')
    assert.equal(reached(ann, 'editor'), '1')
    assert.equal(reached(ann, 'editor', 'operator'), 'forbidden')
    assert.equal(reached(who({ role: 'editor', resource: 'model:1' })), 'forbidden')
    assert.equal(reached(who({ role: 'viewer', resource: 'experiment:*' })), '123')
  })

  it('is never more than the larger of both', () => {
    const ann = who({ role: 'viewer' }, { role: 'operator', resource: one })
    assert.equal(reached(ann), '123')
    assert.equal(reached(ann, 'editor'), '1')
  })

  it('is without what is hidden, but for an admin', () => {
    const hidden = { role: 'none' as const, resource: 'experiment:2' }
    assert.equal(reached(who({ role: 'operator' }, hidden)), '13')
    assert.equal(reached(who({ role: 'viewer', resource: 'experiment:*' }, hidden)), '13')
    assert.equal(reached(who({ role: 'viewer', resource: 'experiment:2' }, hidden)), 'forbidden')
    assert.equal(
      reached(who({ role: 'viewer' }, { ...hidden, resource: 'experiment:*' })),
      'forbidden',
    )
    assert.equal(reached(who({ role: 'admin' }, hidden)), '123')
  })

  it('tells of everything only to who may see everything', () => {
    const some = who({ role: 'editor' }, { role: 'none', resource: 'model:late' })
    authorize(some, 'viewer', project)
    assert.throws(() => authorizeWhole(some, 'viewer', project), /model:late is hidden/)
    assert.equal(maySeeAll(some.principal, project), false)
    assert.equal(maySeeAll(who({ role: 'viewer' }).principal, project), true)
    assert.equal(maySeeAll(who({ role: 'admin', resource: one }).principal, project), false)
  })

  it('lets in who has business with one thing of it, or makes things there', () => {
    assert.equal(
      mayEnter(who({ role: 'editor', resource: one }).principal, 'editor', project),
      true,
    )
    assert.equal(mayEnter(who({ role: 'viewer' }).principal, 'editor', project), false)
    const maker = who({ role: 'viewer', creates: true }).principal
    assert.equal(mayEnter(maker, 'editor', project), true)
    assert.equal(mayEnter(maker, 'operator', project), false)
    assert.equal(mayCreate(maker, project), true)
    assert.equal(mayCreate(maker, 'other'), false)
  })
})
