import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { AlertService, type AlertServiceOptions } from '../../src/alert/service.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { Database } from '../../src/store/db.ts'
import { AlertLog, type StateRecord } from '../../src/store/alert-log.ts'
import { ManualClock } from '../support/manual-clock.ts'

export interface Post {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A server that keeps what is posted to it, in the order of arrival. */
export class Receiver {
  readonly posts: Post[] = []
  /** Status, body and headers of answers. */
  answer: { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> } = {
    status: 200
  }
  url = ''
  #waiting: (() => void)[] = []

  static async start(t: Test): Promise<Receiver> {
    const receiver = new Receiver()
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { method = '', url: path = '', headers } = request
        receiver.posts.push({ method, path, headers, body })
        const { status, body: answer = '', headers: more } = receiver.answer
        response.writeHead(status, more).end(answer)
        for (const wake of receiver.#waiting.splice(0)) wake()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    return receiver
  }

  /** The posts, once there are so many; none of them is there a second time. */
  async take(count: number): Promise<Post[]> {
    while (this.posts.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.posts.splice(0)
  }
}

export interface Rig {
  readonly alerts: AlertService
  readonly clock: ManualClock
  readonly db: Database
  /** What a restart would go on from. */
  stored(): Promise<StateRecord[]>
}

/** A service on a store in memory, or on that of another one, as after a restart. */
export async function startService(t: Test, options: Partial<AlertServiceOptions> = {}, before?: Rig): Promise<Rig> {
  const db = before?.db ?? (await Database.open(':memory:'))
  if (before === undefined) t.teardown(() => db.close())
  const clock = new ManualClock()
  const alerts = await AlertService.open({
    db,
    clock,
    log: silentLogger,
    section: () => undefined,
    clientUrl: 'http://host:9092/kapacitor/v1',
    random: () => 1,
    ...options
  })
  t.teardown(() => alerts.close())
  return { alerts, clock, db, stored: async () => (await new AlertLog(db).load()).states }
}
