/** A container's health check: exits with 0 when this service, on PORT, says that it is ready. */
const answer = await fetch(`http://127.0.0.1:${process.env.PORT}/readyz`, { signal: AbortSignal.timeout(3_000) }).catch(
  (error: Error) => error,
)
if (answer instanceof Error) {
  console.error(`no answer: ${answer.cause instanceof Error ? answer.cause.message : answer.message}`)
  process.exit(1)
}
if (!answer.ok) console.error(await answer.text())
process.exit(answer.ok ? 0 : 1)
