import { exportVersion, getOrigin, importVersion } from '#domains/models/index'
import { implement } from '../implement.ts'
import { transferApi } from '../wire/transfer.ts'

export const transferOperations = implement('transfer', transferApi, {
  exportVersion: async (ctx, { params }) => {
    const { model, version, sizeBytes, read } = await exportVersion(ctx, params)
    return {
      contentType: 'application/x-tar',
      sizeBytes,
      fileName: `${model}-v${version}.gyre-model.tar`,
      content: read,
    }
  },
  importVersion: (ctx, { params, query, body, signal }) =>
    importVersion({ ...ctx, signal }, { ...params, ...query, content: body }),
  getOrigin: (ctx, { params }) => getOrigin(ctx, params),
})
