import { runCompressionContract } from '#ports/compression/compression.contract'
import { createZstd } from './compression.ts'

runCompressionContract('zstd', createZstd())
