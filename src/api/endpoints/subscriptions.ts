import { type App, BASE } from '../app.ts'
import { asks } from '../changes.ts'
import type { Services } from '../services.ts'

export function subscriptionEndpoints(app: App, { subscriptions }: Pick<Services, 'subscriptions'>): void {
  app.post(`${BASE}/subscriptions`, asks('tasks'), async (_request, reply) => {
    await subscriptions.refresh()
    return reply.code(204).send()
  })
}
