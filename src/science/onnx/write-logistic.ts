import type { LogisticModel } from '../learners/logistic.ts'
import { writeScoringModel } from './model-message.ts'

/**
 * The model as ONNX: float32 `input` [N, features] to float32 `probability` [N, 1] of class 1, from
 * standard operators (ai.onnx 13). Missing values (NaN) become the training mean. Agrees with
 * `predictLogistic` within 1e-6.
 */
export function writeLogisticOnnx(model: LogisticModel): Uint8Array {
  const width = model.names.length
  const constants = [
    { name: 'means', shape: [width], values: model.means },
    { name: 'scales', shape: [width], values: model.scales },
    { name: 'coefficients', shape: [width, 1], values: model.coefficients },
    { name: 'intercept', shape: [1], values: [model.intercept] },
  ]
  const steps: [operator: string, inputs: string[], output: string][] = [
    ['IsNaN', ['input'], 'missing'],
    ['Where', ['missing', 'means', 'input'], 'imputed'],
    ['Sub', ['imputed', 'means'], 'centered'],
    ['Div', ['centered', 'scales'], 'standardised'],
    ['MatMul', ['standardised', 'coefficients'], 'weighted'],
    ['Add', ['weighted', 'intercept'], 'log_odds'],
    ['Sigmoid', ['log_odds'], 'probability'],
  ]
  return writeScoringModel({
    name: 'logistic regression',
    features: model.names,
    constants,
    nodes: steps.map(([operator, inputs, output]) => ({
      operator,
      domain: '' as const,
      inputs,
      outputs: [output],
    })),
  })
}
