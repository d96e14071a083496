import { createServer, type IncomingMessage, type Server } from 'node:http'
import { toxic } from '@shop/tools/running-shop'
import { z } from 'zod'
import type { Link } from './link.ts'

const bodyBytesMax = 10_000
const request = z.strictObject({ toxic, forMs: z.int().min(1).max(3_600_000) })

class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Where toxics are switched: `GET /links`, `POST /links/<name>/toxics` {toxic, forMs}, `DELETE /links/<name>/toxics/<id>`,
 * `DELETE /toxics`. All but `GET /readyz` want the token.
 */
export const createControl = (links: readonly Link[], token: string): Server => {
  return createServer(async (req, res) => {
    const answer = (status: number, body?: unknown): void => {
      res.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body))
    }
    try {
      if (req.url === '/readyz') return answer(200, { status: 'ready' })
      if (req.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, 'send the header Authorization: Bearer <token>')
      const { status, body } = await act(links, req)
      answer(status, body)
    } catch (error) {
      if (error instanceof Refusal) return answer(error.status, { detail: error.message })
      answer(500, { detail: String(error) })
    }
  })
}

const act = async (links: readonly Link[], req: IncomingMessage): Promise<{ status: number; body?: unknown }> => {
  const [, collection, name, toxics, id] = (req.url ?? '').split('/').map(decodeURIComponent)
  if (req.method === 'DELETE' && collection === 'toxics' && name === undefined) {
    for (const link of links) for (const active of link.toxics()) link.remove(active.id)
    return { status: 204 }
  }
  if (collection !== 'links') throw new Refusal(404, 'there are /links and /toxics')
  if (req.method === 'GET' && name === undefined) return { status: 200, body: { links: links.map(view) } }
  const link = links.find((l) => l.name === name)
  if (link === undefined) throw new Refusal(404, `no link '${name}': there are ${links.map((l) => l.name).join(', ')}`)
  if (toxics !== 'toxics') throw new Refusal(404, `there is /links/${name}/toxics`)
  if (req.method === 'POST') {
    const asked = request.safeParse(await bodyOf(req))
    if (!asked.success) {
      const [issue] = asked.error.issues
      throw new Refusal(400, `${issue?.path.join('.') || 'body'}: ${issue?.message}`)
    }
    return { status: 201, body: link.add(asked.data.toxic, asked.data.forMs) }
  }
  if (req.method === 'DELETE' && id !== undefined) {
    if (!link.remove(id)) throw new Refusal(404, `no toxic ${id} on ${name}: it has ended already`)
    return { status: 204 }
  }
  throw new Refusal(405, 'GET /links, POST /links/<name>/toxics, DELETE /links/<name>/toxics/<id>, DELETE /toxics')
}

const view = (link: Link) => ({ name: link.name, port: link.port, connections: link.connections, toxics: link.toxics() })

const bodyOf = async (req: IncomingMessage): Promise<unknown> => {
  let text = ''
  for await (const chunk of req) {
    text += chunk
    if (text.length > bodyBytesMax) throw new Refusal(413, 'the body is too large')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'the body is no JSON')
  }
}
