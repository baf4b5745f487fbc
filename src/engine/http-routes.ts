import type { HttpOutPort } from '../graph/ports.ts'

/** Prints what an endpoint has now. */
type Body = () => string

/** The endpoints of httpOut nodes, by task and path. */
export class HttpRoutes {
  readonly #bodies = new Map<string, Body>()
  readonly #onUnregister: (path: string, body: Body) => void

  /** @param onUnregister Gets what has just been taken away. */
  constructor(onUnregister: (path: string, body: Body) => void = () => {}) {
    this.#onUnregister = onUnregister
  }

  find(taskId: string, path: string): Body | undefined {
    return this.#bodies.get(`${taskId}/${path}`)
  }

  /** What the httpOut nodes of one task see of it. */
  portOf(taskId: string): HttpOutPort {
    return {
      register: (path, body) => {
        const key = `${taskId}/${path}`
        if (this.#bodies.has(key)) throw new Error(`http: multiple registrations for /kapacitor/v1/tasks/${key}`)
        this.#bodies.set(key, body)
      },
      unregister: (path) => {
        const body = this.find(taskId, path)
        if (body === undefined) return
        this.#bodies.delete(`${taskId}/${path}`)
        this.#onUnregister(path, body)
      }
    }
  }
}
