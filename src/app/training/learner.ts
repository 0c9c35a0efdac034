import type { JsonObject } from '#kernel/json'
import { type LogisticModel, predictLogistic, trainLogistic } from '#science/learners/logistic'
import {
  featureImportance,
  predictTrees,
  trainTrees,
  type TreesModel,
} from '#science/learners/trees'
import { writeLogisticOnnx } from '#science/onnx/write-logistic'
import { writeTreesOnnx } from '#science/onnx/write-trees'

export const learners = ['trees', 'logistic'] as const
export type LearnerName = (typeof learners)[number]

/** What every learner is asked; all of it can be sent to a thread. */
export interface LearningTask {
  learner: LearnerName
  options: Record<string, number>
  names: string[]
  columns: Float32Array[]
  labels: Uint8Array
  validation?: { columns: Float32Array[]; labels: Uint8Array }
}

export interface Learned {
  onnx: Uint8Array
  /** Probabilities of class 1 for the training rows, as the learner itself gives them. */
  predictions: Float64Array
  /** The parameters of the model, for people. */
  description: JsonObject
}

export type OnIteration = (iteration: number, metrics: Record<string, number>) => void

/** Options by learner; what is not given is this. */
export const defaultOptions: Readonly<Record<LearnerName, Readonly<Record<string, number>>>> = {
  trees: {
    trees: 100,
    depth: 6,
    learningRate: 0.1,
    bins: 64,
    minRowsPerLeaf: 20,
    l2: 1,
    rowSample: 1,
    seed: 0,
  },
  logistic: { l2: 1, iterations: 20 },
}

/** Trains, exports and predicts the training rows; all in this thread. */
export function learn(task: LearningTask, onIteration: OnIteration): Learned {
  return task.learner === 'trees' ? learnTrees(task, onIteration) : learnLogistic(task, onIteration)
}

function learnTrees(task: LearningTask, onIteration: OnIteration): Learned {
  const { columns, labels, names, validation } = task
  const model: TreesModel = trainTrees({
    columns,
    labels,
    names,
    options: { ...defaultOptions.trees, ...task.options } as never,
    ...(validation === undefined ? {} : { validation }),
    onIteration: (iteration, losses) =>
      onIteration(iteration, {
        train_log_loss: losses.trainLogLoss,
        ...(losses.validLogLoss === undefined ? {} : { validation_log_loss: losses.validLogLoss }),
      }),
  })
  return {
    onnx: writeTreesOnnx(model),
    predictions: predictTrees(model, columns),
    description: {
      trees: model.trees.length,
      importance: featureImportance(model).map((item) => ({ ...item })),
    },
  }
}

function learnLogistic(task: LearningTask, onIteration: OnIteration): Learned {
  const { columns, labels, names } = task
  const model: LogisticModel = trainLogistic({
    columns,
    labels,
    names,
    options: { ...defaultOptions.logistic, ...task.options } as never,
    onIteration: (iteration, losses) =>
      onIteration(iteration, { train_log_loss: losses.trainLogLoss }),
  })
  return {
    onnx: writeLogisticOnnx(model),
    predictions: predictLogistic(model, columns),
    description: {
      intercept: model.intercept,
      coefficients: names.map((name, index) => ({ name, value: model.coefficients[index] ?? 0 })),
    },
  }
}
