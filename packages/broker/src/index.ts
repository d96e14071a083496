/** Which broker it is: chosen by the form of its address, so that nothing else has to know. */
export { type Numbers, numbersOf, positionOf } from './position.ts'
export {
  type BrokerOptions,
  brokersText,
  type FollowOptions,
  followsStreams,
  followTopics,
  isRabbit,
  rabbitAt,
  transportTo,
} from './transport.ts'
