import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useState } from 'react'
import { ClientProvider } from '../parts/client.tsx'
import { NowProvider } from '../parts/instant.tsx'
import { createLine } from './line.ts'
import { LineProvider } from './live-mark.tsx'
import { theme } from './mantine-theme.ts'
import { createPageQueries } from './queries.ts'
import { createPageRouter } from './router.tsx'
import { createPageClient } from './sign-in.tsx'

/** Everything that lives as long as the page does. */
export function Application() {
  const [router] = useState(createPageRouter)
  const [queries] = useState(createPageQueries)
  const [line] = useState(createLine)
  const [client] = useState(() => createPageClient(line.fetch))
  const [schemes] = useState(() => localStorageColorSchemeManager({ key: 'gyre-color-scheme' }))
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={schemes}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queries}>
        <ClientProvider value={client}>
          <NowProvider>
            <LineProvider value={line}>
              <RouterProvider router={router} />
            </LineProvider>
          </NowProvider>
        </ClientProvider>
      </QueryClientProvider>
    </MantineProvider>
  )
}
