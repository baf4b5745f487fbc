import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

/** Peers of handlers, transports and InfluxDB that refuse all they get, and say it back in their refusals. */
export interface Peers {
  /** `host:port` of a web server; the first part of a path names who is asked. */
  readonly http: string
  /** Of a server that sends back what it gets, and refuses logins of MQTT, which has no words for that. */
  readonly tcp: string
  readonly mailPort: number
  /** Of a receiver of datagrams. */
  readonly udp: string
  /** All that they got, as it came and without escapes and base64. */
  readonly heard: string[]
}

/** A CONNACK of MQTT. */
const NOT_AUTHORIZED = Buffer.from([0x20, 2, 0, 5])

export async function startPeers(t: Test): Promise<Peers> {
  const heard: string[] = []
  const hear = (said: string): string => {
    const login = decodedLogin(said)
    heard.push([said, login, unescaped(said)].join('\n'))
    return `${said}\n${login}`
  }
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }

  const http = createHttpServer((request, response) => {
    void echoOf(request).then((said) => {
      const echo = hear(said)
      if (request.url?.startsWith('/redirected') === true) {
        return response.writeHead(302, { Location: `gopher://${encodeURIComponent(echo.slice(0, 4000))}` }).end()
      }
      response.writeHead(400).end(heard.length % 3 === 0 ? echo : JSON.stringify(answerWith(echo)))
    })
  })
  const tcp = createServer((socket) => {
    keep(socket)
    socket.on('data', (data) => {
      const said = data.toString('latin1')
      hear(said)
      socket.write(said.startsWith('\x10') && said.includes('MQTT') ? NOT_AUTHORIZED : data)
    })
  })
  const mail = createServer((socket) => {
    keep(socket)
    socket.write('220 test\r\n')
    createInterface({ input: socket }).on('line', (line) => {
      const echo = hear(line).replace(/[\r\n\0]+/g, ' ')
      socket.write(line.startsWith('EHLO') ? '250-test\r\n250 AUTH PLAIN\r\n' : `535 not with ${echo}\r\n`)
    })
  })
  const udp = createSocket('udp4').on('message', (data) => hear(data.toString('latin1')))
  udp.bind(0, '127.0.0.1')
  t.teardown(() => {
    http.closeAllConnections()
    for (const socket of sockets) socket.destroy()
    for (const server of [http, tcp, mail, udp]) server.close()
  })
  const [httpPort, tcpPort, mailPort] = await Promise.all([http, tcp, mail].map(listening))
  return {
    http: `127.0.0.1:${httpPort}`,
    tcp: `127.0.0.1:${tcpPort}`,
    mailPort: mailPort!,
    udp: `127.0.0.1:${udp.address().port}`,
    heard
  }
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

async function echoOf(request: IncomingMessage): Promise<string> {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}`)
  return [`${request.method} ${request.url}`, ...headers, '', await text(request)].join('\n')
}

/** By the names that services give to the reason of a refusal. */
function answerWith(echo: string): object {
  return { error: echo, message: echo, description: echo, errors: [echo], error_code: 1 }
}

/** Of Basic, or of AUTH PLAIN. */
function decodedLogin(said: string): string {
  const login = /(?:Basic|AUTH PLAIN) (\S+)/.exec(said)?.[1]
  return login === undefined ? '' : Buffer.from(login, 'base64').toString()
}

function unescaped(said: string): string {
  const spaced = said.replaceAll('+', ' ').replaceAll('\\"', '"')
  return spaced.replace(/(?:%[\da-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString())
}
