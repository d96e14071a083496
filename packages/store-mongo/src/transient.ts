import mongoose from 'mongoose'
import { WriteFailed } from './writing.ts'

/** The driver's own classes for a server that is away. */
const transientNames = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoOperationTimeoutError',
  'MongoPoolClearedOnNetworkError',
  'PoolClearedOnNetworkError',
  'MongoServerClosedError',
])
/** Shutting down, stepping down, interrupted, a cursor that is gone with its server. https://www.mongodb.com/docs/manual/reference/error-codes/ */
const transientCodes = new Set([6, 7, 43, 89, 91, 189, 262, 9001, 10107, 11600, 11601, 11602, 13435, 13436])
/** Labels by which the server says that another try is worth it; the second one is of servers that shed load. */
const transientLabels = ['RetryableWriteError', 'SystemOverloadedError']

/** True for errors of the MongoDB driver that pass when the server is back or less contended. */
export const isTransientMongoError = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  if (transientNames.has(error.name) || isTransientMongoError(error.cause)) return true
  // A bulk write that lost its server half-way: no write was refused. What was written is read again.
  if (error instanceof mongoose.mongo.MongoBulkWriteError && [error.writeErrors].flat().length === 0) return true
  if (error instanceof WriteFailed) return error.code !== undefined && transientCodes.has(error.code)
  // mongoose's own, while it has no connection
  if (error.name === 'MongooseServerSelectionError' || error.name === 'MongooseBulkSaveIncompleteError') return true
  if (!(error instanceof mongoose.mongo.MongoError)) return false
  return (
    transientLabels.some((label) => error.hasErrorLabel(label)) ||
    (typeof error.code === 'number' && transientCodes.has(error.code))
  )
}
