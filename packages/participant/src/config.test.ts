import { ConfigurationError, readConfig } from '@shop/service-host'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { brokersIn, participantConfig } from './config.ts'

const base = { PORT: '3001', KAFKA_BROKERS: 'a:9092', DATABASE_URL: 'postgresql://u:p@h/d' }

test('a service reads where its broker and its database are, and no faults unless they are enabled', () => {
  expect(readConfig(z.strictObject(participantConfig), { ...base, KAFKA_BROKERS: 'a:9092, b:9093,[::1]:9094' })).toEqual({
    PORT: 3001,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    KAFKA_BROKERS: ['a:9092', 'b:9093', '[::1]:9094'],
    DATABASE_URL: base.DATABASE_URL,
    FAULTS_ENABLED: false,
  })
})

test('what is wrong is named in one line', () => {
  const read = () => readConfig(z.object(participantConfig), { ...base, KAFKA_BROKERS: 'a', DATABASE_URL: '  ' })
  expect(read).toThrow(ConfigurationError)
  expect(read).toThrow(/^KAFKA_BROKERS is "a" \(expected host:port.*DATABASE_URL is missing \(expected a URL/)
})

test('the broker is named by its addresses or by its URL, which counts where both are given', () => {
  expect(brokersIn({ KAFKA_BROKERS: ['a:9092'] })).toEqual(['a:9092'])
  expect(brokersIn({ KAFKA_BROKERS: ['a:9092'], BROKER_URL: 'amqp://b' })).toEqual(['amqp://b'])
  expect(() => brokersIn({})).toThrow(/^KAFKA_BROKERS is missing .* and so is BROKER_URL$/)
  const read = () => readConfig(z.object(participantConfig), { ...base, BROKER_URL: 'http://b' })
  expect(read).toThrow(/^BROKER_URL is wrong \(expected amqp:/)
})
