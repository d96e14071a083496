import { expect, test } from 'vitest'
import { numbersOf, positionOf } from './position.ts'
import { brokersText, followsStreams, isRabbit, transportTo } from './transport.ts'

const kafka = ['a:9092', 'b:9092']
const rabbit = ['amqp://shop:secret@rabbitmq:5672/shop']

test('the form of the address chooses the driver, and nothing is connected to', async () => {
  expect([kafka, rabbit, ['amqps://rabbitmq']].map(isRabbit)).toEqual([false, true, true])
  expect(followsStreams(await transportTo({ brokers: kafka, clientId: 'test' }))).toBe(false)
  expect(followsStreams(await transportTo({ brokers: rabbit, clientId: 'test' }))).toBe(true)
})

test('an address is shown without its password', () => {
  expect(brokersText(kafka)).toBe('Kafka at a:9092,b:9092')
  expect(brokersText(rabbit)).toBe('RabbitMQ at rabbitmq:5672')
})

test('positions of both brokers are taken apart the same way, as both drivers describe them', async () => {
  for (const brokers of [kafka, rabbit]) {
    const transport = await transportTo({ brokers, clientId: 'test' })
    expect(transport.describe(positionOf(3, 17))).toEqual({ partition: '3', offset: '17' })
  }
  expect(numbersOf(positionOf(3, 17))).toEqual({ partition: 3, offset: '17' })
  expect(() => numbersOf('17')).toThrow(RangeError)
})
