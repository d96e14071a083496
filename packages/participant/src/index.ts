export { type BaseSettings, type ParticipantOptions, type Parts, runParticipant } from './participant.ts'
export type { Refusable } from './refusals.ts'
