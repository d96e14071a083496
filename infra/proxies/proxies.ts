/**
 * The proxies as a process of their own, beside the shop. Environment: LINKS, a JSON list of {name, host, port, toHost, toPort};
 * PORT and HOST of the control (see control.ts); ADMIN_TOKEN, which the control wants.
 */
import { z } from 'zod'
import { createControl } from './control.ts'
import { Link } from './link.ts'

const address = { host: z.string(), port: z.int(), toHost: z.string(), toPort: z.int() }
const settings = z.object({
  LINKS: z
    .string()
    .transform((text) => JSON.parse(text))
    .pipe(z.array(z.strictObject({ name: z.string(), ...address }))),
  PORT: z.coerce.number().int(),
  HOST: z.string().default('127.0.0.1'),
  ADMIN_TOKEN: z.string().min(1),
})

const { LINKS, PORT, HOST, ADMIN_TOKEN } = settings.parse(process.env)
const links = await Promise.all(LINKS.map((options) => Link.open(options)))
const control = createControl(links, ADMIN_TOKEN).listen(PORT, HOST)
console.log(JSON.stringify({ message: 'proxies are ready', links: LINKS }))

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, async () => {
    control.close()
    control.closeAllConnections()
    await Promise.all(links.map((link) => link.close()))
    process.exit(0)
  })
