import { testMetricPoints } from './metric-points.contract.ts'

testMetricPoints(async () => ({}))
