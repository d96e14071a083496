/** The URL of a real backend for the tests. They fail without one: a suite that silently skips proves nothing. */
export const backendUrl = (name: 'KAFKA_BROKERS' | 'POSTGRES_URL' | 'MONGO_URL'): string => {
  const url = process.env[name]
  if (!url) throw new Error(`${name} is not set: run the tests by "npm test", which starts the backends`)
  return url
}
