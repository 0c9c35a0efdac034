import { join } from 'node:path'
import { type Database, type Peer, startGyre, startMlflow } from '../tracking/peers.ts'
import { measurePeer, type Scale } from '../tracking/steps.ts'

/** MLflow is asked less, since it takes longer; all figures are per request. */
const scales: Readonly<Record<'gyre' | 'mlflow', Scale>> = {
  gyre: { requests: 2000, batches: 200, runs: 0, searches: 40, points: 100_000, histories: 5 },
  mlflow: { requests: 150, batches: 15, runs: 0, searches: 5, points: 100_000, histories: 1 },
}

/**
 * The tracking server beside `mlflow server`, on SQLite and PostgreSQL. MLFLOW_PYTHON names the Python
 * that has MLflow; without it only Gyre is measured. GYRE_BENCH_RUNS: how many runs are searched.
 * GYRE_BENCH_DATABASES: which of both.
 */
export async function measureTracking(scratch: string): Promise<unknown> {
  const python = process.env['MLFLOW_PYTHON']
  const runs = Number(process.env['GYRE_BENCH_RUNS'] ?? 2000)
  const results: Record<string, unknown> = {}
  const databases = (process.env['GYRE_BENCH_DATABASES'] ?? 'sqlite,postgres').split(',')
  for (const database of databases as Database[]) {
    const gyre = await startGyre(join(scratch, `gyre-${database}`), database)
    results[gyre.name] = await measured(gyre, { ...scales.gyre, runs })
    if (python === undefined) continue
    const mlflow = await startMlflow(python, join(scratch, `mlflow-${database}`), database)
    results[mlflow.name] = await measured(mlflow, { ...scales.mlflow, runs })
  }
  return results
}

async function measured(peer: Peer, scale: Scale): Promise<object> {
  try {
    return await measurePeer(peer, scale)
  } finally {
    await peer.stop()
  }
}
