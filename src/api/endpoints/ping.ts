import { type App, BASE } from '../app.ts'
import { ANY_SCOPE } from '../needs.ts'

export function pingEndpoints(app: App): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: `${BASE}/ping`,
    config: { needs: ANY_SCOPE },
    handler: (_request, reply) => reply.code(204).send()
  })
}
