import type { ModelVersion } from '#domains/models/index'
import { emulatedVersion } from './server-info.ts'

const types: Readonly<Record<string, string>> = {
  number: 'double',
  integer: 'long',
  boolean: 'boolean',
  string: 'string',
}

/**
 * The file by which MLflow's clients load a version as an ONNX model and as a function of Python
 * (`mlflow.pyfunc.load_model`), for one that was registered without it; undefined for others.
 */
export function mlmodelOf(version: ModelVersion): Uint8Array | undefined {
  const has = (path: string): boolean => version.files.some((file) => file.path === path)
  if (has('MLmodel') || !has('model.onnx')) return undefined
  const created = new Date(version.createdAt).toISOString().replace('T', ' ').replace('Z', '')
  const lines = [
    'flavors:',
    '  onnx:',
    '    code: null',
    '    data: model.onnx',
    '    providers: [CPUExecutionProvider]',
    '  python_function:',
    '    data: model.onnx',
    '    loader_module: mlflow.onnx',
    `mlflow_version: ${emulatedVersion}`,
    ...(version.run === null ? [] : [`run_id: ${version.run}`]),
    ...signatureLines(version),
    `utc_time_created: '${created}'`,
    '',
  ]
  return new TextEncoder().encode(lines.join('\n'))
}

/** As MLflow keeps it: each side is JSON in a text. None where a column is of a type of its own. */
function signatureLines({ signature: { inputs } }: ModelVersion): string[] {
  const columns = inputs.map(({ name, type }) => ({
    name,
    type: types[type] ?? '',
    required: true,
  }))
  if (columns.length === 0 || columns.some(({ type }) => type === '')) return []
  return ['signature:', `  inputs: ${JSON.stringify(JSON.stringify(columns))}`]
}
