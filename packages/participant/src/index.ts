export { type ParticipantSettings, participantConfig } from './config.ts'
export type { ParticipantMetrics } from './metrics.ts'
export { type ParticipantOptions, type Parts, runParticipant } from './participant.ts'
export type { Refusable } from './refusals.ts'
