const names: Readonly<Record<string, string>> = {
  auc: 'AUC',
  log_loss: 'log loss',
  brier: 'Brier score',
  calibration_error: 'calibration error',
}

/** A metric as people call it: `log_loss` as `log loss`. */
export function metricName(metric: string): string {
  return names[metric] ?? metric.replaceAll('_', ' ')
}
