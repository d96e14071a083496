export { type BaseSettings, type ParticipantOptions, type Parts, runParticipant } from './participant.ts'
export { type Refusable, Refusals } from './refusals.ts'
