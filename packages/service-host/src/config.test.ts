import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { addresses, baseConfig, ConfigurationError, durationMs, flag, readConfig, url } from './config.ts'

const given = { ...baseConfig, BROKERS: addresses, DATABASE_URL: url }
const base = { PORT: '3001', BROKERS: 'a:9092', DATABASE_URL: 'postgresql://u:p@h/d' }

const faultOf = (schema: z.ZodObject, env: Record<string, string>): string => {
  try {
    readConfig(schema, env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as Error).message
  }
  throw new Error('the configuration was accepted')
}

describe('readConfig', () => {
  test('reads what the schema names, with defaults, and ignores the rest', () => {
    const env = { ...base, BROKERS: 'a:9092, b:9093,[::1]:9094', PATH: '/bin', LOG_LEVEL: '' }
    expect(readConfig(z.strictObject(given), env)).toEqual({
      PORT: 3001,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      BROKERS: ['a:9092', 'b:9093', '[::1]:9094'],
      DATABASE_URL: base.DATABASE_URL,
    })
  })

  test('names every wrong or missing setting in one line', () => {
    const fault = faultOf(z.object({ ...given, LIMIT: z.coerce.number() }), {
      PORT: '70000',
      BROKERS: 'a',
      DATABASE_URL: '  ',
      LOG_LEVEL: 'loud\nand proud',
    })
    expect(fault).toContain('PORT is "70000" (expected a port number, 0 to 65535)')
    expect(fault).toContain('BROKERS is "a" (expected host:port')
    expect(fault).toContain('DATABASE_URL is missing (expected a URL')
    expect(fault).toContain('LOG_LEVEL is "loud\\nand proud" (expected one of "trace"|')
    expect(fault).toContain('LIMIT is missing (expected number')
    expect(fault).not.toContain('\n')
    expect(fault).not.toContain('HOST')
  })

  test.each(['DATABASE_URL', 'DB_PASSWORD', 'API_TOKEN', 'CLIENT_SECRET', 'BROKER'])(
    'never shows what may be a secret: %s',
    (name) => {
      const schema = z.object({ [name]: z.string().regex(/^never$/, 'expected something else') })
      const fault = faultOf(schema, { [name]: 'postgres://shop:hunter2@h' })
      expect(fault).toBe(`${name} is wrong (expected something else)`)
    },
  )

  test.each([
    ['250', 250],
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('the duration %s is %d ms', (text, expected) => {
    expect(durationMs.parse(text)).toBe(expected)
  })

  test.each(['', '-1', '1.5s', '5 m', '1d', '999h', '25d', 'soon'])(
    '"%s" is no duration, or one too long for a timer',
    (text) => {
      expect(durationMs.safeParse(text).success).toBe(false)
    },
  )

  test.each(['mongodb://a:1,b:2/shop', 'postgresql://u:p@h:5432/d', 'http://localhost:3001'])('%s is a URL', (text) => {
    expect(url.parse(text)).toBe(text)
  })

  test.each(['localhost:5432', 'postgresql://', 'http:///x', 'http://a b'])('%s is none', (text) => {
    expect(url.safeParse(text).success).toBe(false)
  })

  test('flags read yes and no in the usual spellings', () => {
    expect(['true', '1', 'YES', 'on'].map((text) => flag.parse(text))).toEqual([true, true, true, true])
    expect(['false', '0', 'no', 'Off'].map((text) => flag.parse(text))).toEqual([false, false, false, false])
    expect(flag.safeParse('maybe').success).toBe(false)
  })
})
