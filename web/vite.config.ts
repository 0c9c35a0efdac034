import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const absentSchemas = new URL('./src/app/absent-schemas.ts', import.meta.url)
const outDir = join(import.meta.dirname, '../dist/web')

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: join(import.meta.dirname, '../.cache/vite'),
  plugins: [react(), precompress()],
  resolve: {
    conditions: ['gyre-source', 'module', 'browser', 'development|production'],
    alias: [{ find: /^zod$/, replacement: fileURLToPath(absentSchemas) }],
  },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': process.env['GYRE_URL'] ?? 'http://127.0.0.1:8700' } },
})

/** Writes `.br` and `.gz` beside each text asset, so that the server never compresses. */
function precompress(): Plugin {
  return {
    name: 'gyre-precompress',
    apply: 'build',
    async closeBundle() {
      const files = await readdir(outDir, { recursive: true })
      const texts = files.filter((file) => /\.(js|css|svg|html)$/.test(file))
      await Promise.all(texts.map((file) => compress(join(outDir, file))))
    },
  }
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file)
  if (content.length < 1024) return
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(content, quality),
    promisify(gzip)(content, { level: 9 }),
  ])
  await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)])
}
