import { route } from './route.ts'

/** The version of MLflow whose behaviour this is: clients switch features on by it. */
export const emulatedVersion = '3.17.2'

export const serverInfoRoutes = [
  route(
    'GET',
    'server-info',
    {},
    () => ({
      store_type: 'SqlStore',
      workspaces_enabled: true,
      trace_archival_enabled: false,
      multipart_uploads_enabled: false,
      multipart_downloads_enabled: false,
      presigned_upload_run_id_supported: false,
      presigned_upload_model_id_supported: false,
      features_enabled: { gateway: true },
    }),
    { major: 3, anyone: true },
  ),
]
