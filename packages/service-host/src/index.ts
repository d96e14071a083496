export { type AppOptions, createApp, type ServiceApp } from './app.ts'
export { addresses, baseConfig, ConfigurationError, durationMs, flag, nonEmpty, port, readConfig, url } from './config.ts'
export { messageOf } from './errors.ts'
export { idempotencyKey, parse } from './input.ts'
export { fail, type Hosted, type HostOptions, host, runService, type StopStep } from './lifecycle.ts'
export { createLog, type Log, type LogOptions } from './log.ts'
export { createMetrics, type Metrics, type Source, sampledGauge } from './metrics.ts'
export {
  badRequest,
  conflict,
  type FieldError,
  notFound,
  Problem,
  type ProblemOptions,
  tooMany,
  unavailable,
  unprocessable,
} from './problem.ts'
export type { Checks, ReadinessReport } from './readiness.ts'
export { listen, urlOf } from './server.ts'
