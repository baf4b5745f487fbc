import type { App } from '../app.ts'
import { needs } from '../needs.ts'
import type { Services } from '../services.ts'

export function metricsEndpoints(app: App, { metrics }: Pick<Services, 'metrics'>): void {
  app.get('/metrics', needs('read'), async (_request, reply) =>
    reply.header('Content-Type', metrics.contentType).send(await metrics.metrics())
  )
}
