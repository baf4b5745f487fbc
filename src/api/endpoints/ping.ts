import { type App, BASE } from '../app.ts'

export function pingEndpoints(app: App): void {
  app.route({ method: ['GET', 'HEAD'], url: `${BASE}/ping`, handler: (_request, reply) => reply.code(204).send() })
}
