import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testAlerts } from './alerts.contract.ts'
import { type IncidentEvent, type IncidentState, incidentTable } from './status.ts'

testAlerts(async () => ({}))

for (const state of Object.keys(incidentTable) as IncidentState[]) {
  for (const event of Object.keys(incidentTable[state]) as IncidentEvent[]) {
    test(`an incident that is ${state} answers "${event}" with a known state or a refusal`, () => {
      const next = incidentTable[state][event]
      assert.ok(next === null || next in incidentTable)
      if (state === 'resolved') assert.equal(next, null)
    })
  }
}
