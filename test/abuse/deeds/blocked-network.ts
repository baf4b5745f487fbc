import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Deed } from '../abuse.ts'

export default {
  name: 'blocked-network',
  what: 'httpPost and alerts to a network that is blocked',
  isShort: true,
  environment: { KAPOK_ALERT_BLOCKED_CIDRS_0: '127.0.0.0/8' },
  async run(scene) {
    let requests = 0
    const endpoint = createServer((_, response) => void (requests++, response.end())).listen(0, '127.0.0.1')
    await once(endpoint, 'listening')
    const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`
    await scene.define(
      'a',
      `stream|from()|httpPost('${url}')|alert().crit(lambda: TRUE).post('${url}').tcp('${new URL(url).host}')`
    )
    await scene.write('m v=1 1')
    await delay(2000)
    endpoint.close()
    return requests > 0 ? `${requests} requests got through` : undefined
  }
} satisfies Deed
