import type { Trigger } from './pipeline-reads.ts'

/** When a trigger fires, in words. */
export function triggerText(declaration: Trigger['declaration']): string {
  switch (declaration.on) {
    case 'alarm':
      return `when ${declaration.monitor} raises an alarm`
    case 'data':
      return declaration.every === 1
        ? `with every version of ${declaration.dataset}`
        : `with every ${declaration.every}th version of ${declaration.dataset}`
    case 'schedule':
      return declaration.dataset === undefined
        ? `at ${declaration.cron} (UTC)`
        : `when events of ${declaration.dataset} pass ${declaration.cron} (UTC)`
    case 'manual':
      return 'by hand'
  }
}
