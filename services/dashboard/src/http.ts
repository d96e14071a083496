import { Router } from 'express'
import { sameOrigin, securityHeaders } from './guard.ts'
import { addShopRoutes } from './http-act.ts'
import { addAdminRoutes } from './http-admin.ts'
import { addReadRoutes } from './http-read.ts'
import { pageRoutes } from './page.ts'
import type { RouteParts } from './route-parts.ts'

export const routes = (parts: RouteParts): Router => {
  const router = Router()
  router.use(securityHeaders, sameOrigin(parts.hosts))
  addReadRoutes(router, parts)
  addShopRoutes(router, parts)
  addAdminRoutes(router, parts)
  router.use(pageRoutes(parts.pageFolder))
  return router
}
