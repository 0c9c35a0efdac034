import type { InputColumn } from './endpoint.ts'

/** Columns of a request by name; texts and numbers as they came, null for none. */
export type RequestColumns = Readonly<Record<string, ArrayLike<string | number | boolean | null>>>

/** What a feature service is to a gateway. */
export interface ServiceDescription {
  /** Keys and request columns, which the caller gives. */
  input: InputColumn[]
  /** The request column that says as of when. */
  timestamp: string
}

export interface LookedUp {
  names: readonly string[]
  /** One column per name; NaN where a value is not known. */
  columns: readonly Float64Array[]
}

/** Where a gateway gets features from. `service` is `name` or `name@version`. */
export interface FeatureSource {
  describe(project: string, service: string): Promise<ServiceDescription>
  lookup(
    project: string,
    service: string,
    columns: RequestColumns,
    timestamps: Float64Array,
  ): Promise<LookedUp>
}
