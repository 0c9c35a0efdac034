import { invalid } from '#kernel/errors'
import type { Context } from '#domains/access/index'
import type { PredictRequest, Scored, Serving } from '#domains/deployments/index'
import type { BodyParts } from './body.ts'
import { bytesOfFloats, numbersFromBytes, readTensors, type Tensor } from './tensors.ts'
import { type InferRequest, parseInferRequest } from './wire.ts'

export interface InferTarget {
  project: string
  endpoint: string
  /** As in the address; undefined: as the traffic is split. */
  version: number | undefined
  /** The name that the caller used. */
  modelName: string
}

export interface InferAnswer {
  contentType: string
  headers: Record<string, string>
  body: Buffer | string
}

interface Given {
  id: string | undefined
  parameters: NonNullable<InferRequest['parameters']>
  rows: Pick<PredictRequest, 'tensor' | 'columns'>
  count: number
  binary: boolean
}

/**
 * Answers one inference request, at once where nothing has to be waited for. Errors, thrown or
 * rejected: `invalid`, and those of `Serving.score`.
 */
export function infer(
  ctx: Context,
  serving: Serving,
  target: InferTarget,
  parts: BodyParts,
  requestId: string,
): InferAnswer | Promise<InferAnswer> {
  const { project, endpoint, version } = target
  const route = serving.routeOf(project, endpoint)
  const slot =
    (version === undefined ? undefined : route.slots.get(version)) ??
    route.champion?.slot ??
    route.canary?.slot
  const tensorName = slot?.tensors.input.name ?? 'input'
  const outputName = slot?.tensors.output.name ?? 'output'
  const given =
    parts.json === undefined
      ? rawRequest(parts.binary, slot?.features.length ?? 1)
      : jsonRequest(parts, tensorName, outputName)
  const scored = serving.scoreSoon(ctx, {
    project,
    endpoint,
    ...given.rows,
    version,
    ids: rowIds(given.id, given.count),
    at: timeOf(given.parameters['at']),
    unit: String(given.parameters['unit'] ?? given.id ?? requestId),
    log: given.parameters['log'] !== false,
    requestId,
  })
  const output = { name: outputName, rank: slot?.tensors.output.shape.length ?? 2 }
  return scored instanceof Promise
    ? scored.then((all) => answerOf(target, given, all, output))
    : answerOf(target, given, scored, output)
}

function rowIds(id: string | undefined, count: number): string[] | undefined {
  if (id === undefined || id === '') return undefined
  return count === 1 ? [id] : Array.from({ length: count }, (_, row) => `${id}-${row}`)
}

function timeOf(at: string | number | boolean | undefined): string | number | undefined {
  if (typeof at !== 'boolean') return at
  throw invalid('The parameter "at" must be a time: milliseconds, or ISO 8601.')
}

function rawRequest(binary: Buffer, width: number): Given {
  const rows = binary.length / (4 * width)
  if (!Number.isInteger(rows) || rows === 0) {
    throw invalid(`A raw request is rows of ${width} FP32 values; ${binary.length} bytes are not.`)
  }
  const values = numbersFromBytes('FP32', binary, rows * width) as Float32Array
  const tensor = { values, rows }
  return { id: undefined, parameters: {}, rows: { tensor }, count: rows, binary: true }
}

function jsonRequest(parts: BodyParts, tensorName: string, outputName: string): Given {
  const request = parseInferRequest(parts.json)
  const tensors = readTensors(request.inputs, parts.binary)
  const parameters = request.parameters ?? {}
  const output = chosenOutput(request, outputName)
  const [first] = tensors
  const whole = first !== undefined && tensors.length === 1 && first.name === tensorName
  const binary = output?.parameters?.['binary_data'] ?? parameters['binary_data_output'] ?? false
  return {
    id: request.id,
    parameters,
    binary: binary === true,
    ...(whole ? matrixRows(first) : columnRows(tensors)),
  }
}

function chosenOutput(
  { outputs }: InferRequest,
  name: string,
): NonNullable<InferRequest['outputs']>[number] | undefined {
  const unknown = outputs?.find((output) => output.name !== name)
  if (unknown !== undefined) {
    throw invalid(
      `There is no output ${JSON.stringify(unknown.name)}; the model gives ${JSON.stringify(name)}.`,
    )
  }
  const chosen = outputs?.[0]
  if (chosen?.parameters?.['classification'] === undefined) return chosen
  throw invalid('The classification extension is not supported.')
}

/** The model's own tensor: a row per request row. */
function matrixRows({ name, shape, values }: Tensor): Pick<Given, 'rows' | 'count'> {
  const [rows, width] = shape
  if (shape.length !== 2 || rows === undefined || width === undefined) {
    throw invalid(
      `Input ${JSON.stringify(name)} must have the shape [rows, features], not [${shape.join(', ')}].`,
    )
  }
  if (Array.isArray(values))
    throw invalid(`Input ${JSON.stringify(name)} must be numbers, not BYTES.`)
  const tensor = {
    rows,
    values: values instanceof Float32Array ? values : new Float32Array(values),
  }
  return { rows: { tensor }, count: rows }
}

/** One tensor per column: entity keys and request columns, or features by name. */
function columnRows(tensors: readonly Tensor[]): Pick<Given, 'rows' | 'count'> {
  const columns: Record<string, (string | number | null)[]> = {}
  for (const { name, shape, values } of tensors) {
    const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1)
    if (!isColumn) {
      throw invalid(
        `Input ${JSON.stringify(name)} must be a column of the shape [rows] or [rows, 1], not [${shape.join(', ')}].`,
      )
    }
    if (Object.hasOwn(columns, name)) throw invalid(`Input ${JSON.stringify(name)} is given twice.`)
    columns[name] = Array.isArray(values)
      ? values
      : Array.from(values, (value) => (Number.isNaN(value) ? null : value))
  }
  return { rows: { columns }, count: tensors[0]?.values.length ?? 0 }
}

function answerOf(
  target: InferTarget,
  given: Given,
  scored: Scored,
  output: { name: string; rank: number },
): InferAnswer {
  const { predictions, outputs, ids, lane } = scored
  const predictionId = headerText(ids[0] ?? '')
  const shape =
    output.rank === 1 && outputs === 1 ? `[${ids.length}]` : `[${ids.length},${outputs}]`
  // One row is most of what is asked, so the text is put together by hand.
  const head =
    `{"model_name":${JSON.stringify(target.modelName)},` +
    (lane === null ? '' : `"model_version":"${lane.version}",`) +
    (given.id === undefined ? '' : `"id":${JSON.stringify(given.id)},`) +
    `"parameters":{"variant":"${lane?.role ?? 'mixed'}"},` +
    `"outputs":[{"name":${JSON.stringify(output.name)},"datatype":"FP32","shape":${shape},`
  if (!given.binary) {
    const body = `${head}"data":${numbersText(predictions)}}]}`
    return { contentType: 'application/json', headers: { [idHeader]: predictionId }, body }
  }
  const bytes = bytesOfFloats(predictions)
  const json = Buffer.from(`${head}"parameters":{"binary_data_size":${bytes.length}}}]}`)
  return {
    contentType: 'application/octet-stream',
    headers: { [idHeader]: predictionId, 'inference-header-content-length': String(json.length) },
    body: Buffer.concat([json, bytes]),
  }
}

const idHeader = 'x-gyre-prediction-id'

/** JSON of the numbers; null for what JSON has no number for. */
function numbersText(values: Float32Array): string {
  const [only] = values
  if (values.length === 1 && only !== undefined && Number.isFinite(only)) return `[${only}]`
  return JSON.stringify(Array.from(values))
}

/** Headers hold visible ASCII only. */
function headerText(id: string): string {
  return /^[\w-]+$/.test(id) ? id.slice(0, 1000) : encodeURI(id.toWellFormed()).slice(0, 1000)
}
