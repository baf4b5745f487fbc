import { isIP } from 'node:net'
import type { SendMailOptions } from 'nodemailer'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { Serial } from '../../core/serial.ts'
import type { Clock, Timer } from '../../core/clock.ts'
import { AppError, messageOf } from '../../core/errors.ts'
import type { NetworkGuard } from '../../net/network-guard.ts'
import type { HandlerDeps } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'

/** Where mails go, and as whom; plain data. */
export interface MailServer {
  readonly host: string
  readonly port: number
  /** '': no login. */
  readonly username: string
  readonly password: string
  /** Accepts any certificate. */
  readonly isInsecure: boolean
  /** Time after which a connection without mails is closed. */
  readonly idleMs: number
}

const PORT_OF_TLS = 465
/** How long a mail server may take to answer a QUIT. */
const QUIT_MS = 5_000

/** A connection to the mail server that is kept for a while after a mail, and ended as RFC 5321 wants: with QUIT. */
export class MailConnection {
  readonly #clock: Clock
  readonly #guard: NetworkGuard
  #connection: Promise<SMTPConnection> | undefined
  /** What the connection was made for. */
  #settings = ''
  #idle: Timer | undefined
  /** The mail under way: one goes at a time. */
  readonly #serial = new Serial()

  constructor({ clock, guard }: Pick<HandlerDeps, 'clock' | 'guard'>) {
    this.#clock = clock
    this.#guard = guard
  }

  /** Rejects with a `DeliveryError`. */
  send(server: MailServer, mail: SendMailOptions): Promise<void> {
    return this.#serial.run(() => this.#send(server, mail))
  }

  close(): void {
    this.#idle?.cancel()
    const connection = this.#connection
    this.#connection = undefined
    connection?.then(
      (open) => this.#quit(open),
      () => {}
    )
  }

  async #send(server: MailServer, mail: SendMailOptions): Promise<void> {
    this.#idle?.cancel()
    try {
      // Loaded when it is needed: threads that only read scripts read this file too.
      const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
      const message = new MailComposer({ ...mail, textEncoding: 'quoted-printable' }).compile()
      const connection = await this.#open(server)
      await step(connection, (end) => connection.send(message.getEnvelope(), message.createReadStream(), end))
    } catch (error) {
      this.close()
      if (error instanceof AppError) throw error
      throw new DeliveryError(failureOf(error), `error sending: ${messageOf(error)}`, { cause: error })
    }
    this.#idle = this.#clock.after(server.idleMs, () => this.close())
  }

  #open(server: MailServer): Promise<SMTPConnection> {
    const settings = JSON.stringify(server)
    if (settings !== this.#settings) this.close()
    this.#settings = settings
    return (this.#connection ??= this.#connect(server))
  }

  async #connect({ host, port, username, password, isInsecure }: MailServer): Promise<SMTPConnection> {
    const address = await this.#guard.resolve(host)
    const { default: Connection } = await import('nodemailer/lib/smtp-connection')
    const connection = new Connection({
      ...{ host: address, port },
      secure: port === PORT_OF_TLS,
      tls: { rejectUnauthorized: !isInsecure, ...(isIP(host) === 0 && { servername: host }) }
    })
    connection.on('end', () => {
      // The server may end a connection that is idle; the next mail makes another.
      void this.#connection?.then(
        (current) => {
          if (current === connection) this.#connection = undefined
        },
        () => {}
      )
    })
    // What fails is told to the caller that waits for it; between mails nobody does.
    connection.on('error', () => {})
    await step(connection, (end) => connection.connect(end))
    if (username !== '') await step(connection, (end) => connection.login({ user: username, pass: password }, end))
    return connection
  }

  #quit(connection: SMTPConnection): void {
    const timer = this.#clock.after(QUIT_MS, () => connection.close())
    connection.once('end', () => timer.cancel())
    connection.quit()
  }
}

type End = (error?: Error | null) => void

/** Some failures are told to the callback of the step, some by events of the connection. */
function step(connection: SMTPConnection, start: (end: End) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const end: End = (error) => {
      connection.off('error', end).off('end', lost)
      if (error) reject(error)
      else resolve()
    }
    const lost = () => end(new Error('the mail server has closed the connection'))
    connection.once('error', end).once('end', lost)
    start(end)
  })
}

/** A server that refuses a mail for good says 5xx; one that might take it later, 4xx. */
function failureOf(error: unknown): DeliveryError['failure'] {
  const { code, responseCode } = error as { code?: string; responseCode?: number }
  if (responseCode === undefined || code === 'EAUTH') return 'unavailable'
  return responseCode >= 500 ? 'refused' : 'failed'
}
