import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '@shop/service-host'
import express, { type RequestHandler, Router } from 'express'

/** Where Vite puts the page. */
const pageFolder = join(import.meta.dirname, '../page/dist')

const yearMs = 31_536_000_000

/** Serves the built page; every path without a file extension is a view of it. */
export const pageRoutes = (folder = pageFolder): Router => {
  const router = Router()
  // Their names change with their contents.
  router.use('/assets', express.static(join(folder, 'assets'), { immutable: true, maxAge: yearMs, index: false }))
  router.use(express.static(folder, { index: false, cacheControl: false }))
  router.use(viewsIn(folder))
  return router
}

const viewsIn =
  (folder: string): RequestHandler =>
  (req, res, next) => {
    if ((req.method !== 'GET' && req.method !== 'HEAD') || req.path.startsWith('/api/') || req.path.includes('.')) return next()
    if (!existsSync(join(folder, 'index.html')))
      throw new Problem(404, 'the page is not built: run npm run build --workspace services/dashboard')
    res.sendFile('index.html', { root: folder, cacheControl: false })
  }
