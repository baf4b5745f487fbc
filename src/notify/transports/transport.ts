import type { Attempt, HandlerDeps } from '../../alert/handlers/handler.ts'
import type { Alert } from '../alert.ts'
import type { ConfinedFiles } from '../confined-files.ts'
import type { Script, Subject } from '../expression.ts'
import type { DeliveryLimits } from '../../alert/delivery.ts'
import { Redaction } from '../../alert/handlers/redacted.ts'
import type { Secrecies } from '../../core/secrecy.ts'
import { secretsOfOptions } from '../../core/secret-values.ts'
import { type OptionsOf, type Params, type PartDefinition, readParams, secreciesOf, showParams } from '../params.ts'
import { readSecrets, type SecretSources } from '../secrets.ts'

/** A type of transport: its parameters, and how it delivers. */
export interface TransportKind {
  readonly type: string
  readonly summary: string
  /** undefined: its options are checked when it is opened. */
  readonly params: Params | undefined
  readonly secrecies: Secrecies
  /** Fails with NOTIFY_DEFINITION and the like. */
  open(definition: PartDefinition, deps: TransportDeps): Promise<OpenTransport>
}

export interface OpenTransport extends TransportBody {
  /** What GET shows of the transport beside what all have. */
  readonly shown: PartDefinition
  /** Alike for transports that work alike: definition, secrets and template. */
  readonly fingerprint: string
  /** Secrets of its definition, and of what it names. */
  readonly secrets: readonly string[]
}

/** A transport of a route. What it renders is kept until it is sent; it must not hold secrets. */
export interface TransportBody {
  /** What to send of a batch: one payload, which is JSON, for each message. Not called without alerts. */
  render(alerts: readonly Alert[]): Promise<readonly string[]>
  /** Makes one attempt. Rejects with a `DeliveryError`, or anything else for a failure that may pass. */
  send(payload: string, attempt: Attempt | undefined): Promise<void>
  /** Where they differ from the defaults. */
  readonly limits?: Partial<DeliveryLimits>
  close?(): void
}

/** What a transport asks of the world: also what the handlers of topics ask. */
export interface TransportDeps {
  readonly handler: HandlerDeps
  readonly files: ConfinedFiles
  readonly secrets: SecretSources
  readonly prepare: (source: string, subject: Subject) => Promise<Script>
}

interface KindInput<P extends Params> {
  readonly type: string
  readonly summary: string
  readonly params: P
  open(options: OptionsOf<P>, deps: TransportDeps): TransportBody | Promise<TransportBody>
}

export function defineTransport<const P extends Params>({ type, summary, params, open }: KindInput<P>): TransportKind {
  const secrecies = secreciesOf(params)
  return {
    ...{ type, summary, params, secrecies },
    async open(definition, deps) {
      const { values, references } = readSecrets(type, params, definition, deps.secrets)
      const words = (name: string, problem: string) => `${type}: ${name}: ${problem}`
      const options = readParams(params, values, words)
      // A secret that comes from elsewhere shows where from.
      const own = Object.entries(showParams(params, options)).filter(([name]) => references[name] === undefined)
      const shown = Object.assign(Object.fromEntries(own), ...Object.values(references)) as PartDefinition
      const template = typeof values.template === 'string' && values.template !== '' ? values.template : undefined
      const text = template === undefined ? '' : deps.files.read(template, `${type}: template`)
      const secrets = secretsOfOptions(secrecies, values)
      const redaction = new Redaction(() => secrets)
      const body = await redaction.ofAsync(async () => await open(options, deps))
      return {
        ...body,
        send: (payload, attempt) => redaction.ofAsync(() => body.send(payload, attempt)),
        ...{ shown, secrets },
        fingerprint: JSON.stringify([values, text])
      }
    }
  }
}
