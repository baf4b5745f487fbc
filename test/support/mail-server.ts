import { createServer, type AddressInfo, type Server } from 'node:net'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

export interface MailServer {
  readonly section: Readonly<Record<string, unknown>>
  readonly mails: { readonly to: readonly string[]; readonly text: string }[]
  connections: number
  /** Resolves when a client says that it leaves. */
  readonly left: Promise<void>
  logins: string[]
  /** Answer to the recipients, where it is not 250. */
  refusal: string | undefined
  readonly server: Server
}

/** A mail server that takes everything: enough of RFC 5321 for a client that behaves. */
export async function startMailServer(t: Test): Promise<MailServer> {
  let quit = () => {}
  const left = new Promise<void>((resolve) => (quit = resolve))
  const server = createServer((socket) => {
    mail.connections++
    let to: string[] = []
    let lines: string[] | undefined
    const say = (text: string) => socket.write(`${text}\r\n`)
    say('220 test')
    socket.on('error', () => {})
    createInterface({ input: socket }).on('line', (line) => {
      if (lines !== undefined) {
        if (line !== '.') return void lines.push(line)
        mail.mails.push({ to, text: lines.join('\n') })
        lines = undefined
        to = []
        return say('250 ok')
      }
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'EHLO') return say('250-test\r\n250 AUTH PLAIN')
      if (verb === 'AUTH') mail.logins.push(Buffer.from(line.split(' ')[2]!, 'base64').toString().replaceAll('\0', ' '))
      if (verb === 'AUTH') return say('235 ok')
      if (verb === 'RCPT' && mail.refusal !== undefined) return say(mail.refusal)
      if (verb === 'RCPT') to.push(/<(.*)>/.exec(line)![1]!)
      if (verb === 'DATA') lines = []
      if (verb === 'QUIT') quit()
      say(verb === 'DATA' ? '354 go on' : verb === 'QUIT' ? '221 bye' : '250 ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const section = { enabled: true, host: '127.0.0.1', port, from: 'kapok@example.com' }
  const mail: MailServer = { section, left, mails: [], connections: 0, logins: [], refusal: undefined, server }
  return mail
}
