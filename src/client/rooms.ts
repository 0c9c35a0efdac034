import { accessApi } from '#protocols/api/wire/access'
import { journalApi } from '#protocols/api/wire/journal'
import { serverApi } from '#protocols/api/wire/server'

/** Every room's operations, as data. */
export const rooms: {
  access: typeof accessApi
  journal: typeof journalApi
  server: typeof serverApi
} = {
  access: accessApi,
  journal: journalApi,
  server: serverApi,
}
