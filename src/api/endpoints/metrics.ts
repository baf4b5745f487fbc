import type { App } from '../app.ts'
import type { Services } from '../services.ts'

export function metricsEndpoints(app: App, { metrics }: Services): void {
  app.get('/metrics', async (_request, reply) =>
    reply.header('Content-Type', metrics.contentType).send(await metrics.metrics())
  )
}
