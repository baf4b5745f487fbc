import { type App, BASE } from '../app.ts'
import { asks } from '../changes.ts'
import type { Services } from '../services.ts'
import { expensive } from '../rate-limit.ts'

/** `POST /sideload/reload`: running sideload nodes read their sources anew; one that cannot keeps what it had. */
export function sideloadEndpoints(app: App, { reload }: Pick<Services, 'reload'>): void {
  app.post(`${BASE}/sideload/reload`, expensive(asks('tasks')), async (_request, reply) => {
    await reload()
    return reply.code(204).send()
  })
}
