import { type App, BASE } from '../app.ts'
import { needs } from '../needs.ts'
import type { Services } from '../services.ts'

export function subscriptionEndpoints(app: App, { subscriptions }: Pick<Services, 'subscriptions'>): void {
  app.post(`${BASE}/subscriptions`, needs('tasks'), async (_request, reply) => {
    await subscriptions.refresh()
    return reply.code(204).send()
  })
}
