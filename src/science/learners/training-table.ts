import { invalid } from '#kernel/errors'

/** Columns of equal length with one 0/1 label per row: what a learner learns from. */
export interface TrainingTable {
  /** One float32 column per feature; NaN is a missing value. */
  columns: readonly Float32Array[]
  /** 0 or 1 per row. */
  labels: Uint8Array
  /** One name per column. */
  names: readonly string[]
}

/**
 * Refuses a table that no binary classifier can learn from.
 *
 * Errors: `invalid` for no rows or columns, lengths or names that do not match, labels other than 0
 * and 1 or of one class only, infinite values.
 */
export function checkTrainingTable({ columns, labels, names }: TrainingTable): void {
  if (columns.length === 0) throw invalid('Training needs at least one feature column, got none.')
  if (labels.length === 0) throw invalid('Training needs at least one row, got an empty table.')
  if (names.length !== columns.length) {
    throw invalid(`There are ${columns.length} columns but ${names.length} names: give one each.`)
  }
  if (new Set(names).size !== names.length) {
    throw invalid(`The feature names must differ from each other: ${names.join(', ')}.`)
  }
  checkColumns(columns, labels.length, names)
  checkLabels(labels)
}

/** Refuses columns of a wrong length or with an infinite value, naming the column and row. */
export function checkColumns(
  columns: readonly Float32Array[],
  rows: number,
  names: readonly string[],
): void {
  for (const [index, column] of columns.entries()) {
    const name = names[index]
    if (column.length !== rows) {
      throw invalid(`Column "${name}" has ${column.length} values, but there are ${rows} rows.`)
    }
    for (let row = 0; row < rows; row++) {
      const value = column[row]!
      if (value === Infinity || value === -Infinity) {
        throw invalid(
          `Column "${name}" is infinite in row ${row}. Replace it, or use NaN for a missing value.`,
        )
      }
    }
  }
}

function checkLabels(labels: Uint8Array): void {
  let positives = 0
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!
    if (label > 1) throw invalid(`The label of row ${row} is ${label}; labels must be 0 or 1.`)
    positives += label
  }
  if (positives === 0 || positives === labels.length) {
    const only = positives === 0 ? 0 : 1
    throw invalid(`All ${labels.length} labels are ${only}. Training needs rows of both classes.`)
  }
}

/**
 * Number of rows of columns that a model is applied to.
 *
 * Errors: `invalid` when the columns are not as many as the model's features, or differ in length.
 */
export function countRows(columns: readonly Float32Array[], names: readonly string[]): number {
  if (columns.length !== names.length) {
    throw invalid(
      `The model takes ${names.length} feature columns (${names.join(', ')}), got ${columns.length}.`,
    )
  }
  const rows = columns[0]?.length ?? 0
  for (const [index, column] of columns.entries()) {
    if (column.length !== rows) {
      throw invalid(`Column "${names[index]}" has ${column.length} values, others have ${rows}.`)
    }
  }
  return rows
}
