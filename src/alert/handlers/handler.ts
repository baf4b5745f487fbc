import type { Clock } from '../../core/clock.ts'
import type { Commands } from '../../core/commands.ts'
import { AppError, defineError } from '../../core/errors.ts'
import type { Fields, List, Section } from '../../core/fields.ts'
import type { Logger } from '../../core/logger.ts'
import type { Secrecies } from '../../core/secrecy.ts'
import { secretsOfOptions, secretsOfSection } from '../../core/secret-values.ts'
import type { HandlerSpec } from '../../graph/spec.ts'
import type { AlertEvent, Level } from '../../model/event.ts'
import type { NetworkGuard } from '../../net/network-guard.ts'
import type { TopicEvent } from './topic-event.ts'
import type { HttpPoster } from './http-client.ts'
import type { LogFiles } from './log-files.ts'
import type { Configured } from './services.ts'
import type { TestForm } from './service-test.ts'
import { decodeOptions, type OptionSchema, type OptionsOf, secreciesOf } from './options.ts'
import { Redaction } from './redacted.ts'

export const UnsupportedKind = defineError(
  'HANDLER_KIND',
  500,
  (kind: string) => `unsupported action kind ${JSON.stringify(kind)}`
)
/** Options that are well-formed but make no sense; Kapacitor's words where it has some. */
export const InvalidOptions = defineError('HANDLER_OPTION_VALUES', 500, (detail: string) => detail)

/** What a handler kind asks of the world. */
export interface HandlerDeps extends Configured {
  readonly clock: Clock
  readonly log: Logger
  readonly http: HttpPoster
  /** A client for what several handlers have in common: it knows no attempt. Absent: `http` knows none. */
  readonly commonHttp?: HttpPoster
  /** Networks that nothing is sent to, for what does not go over `http`. */
  readonly guard: NetworkGuard
  /** Programs that may be run. */
  readonly commands: Commands
  /** Files that may be written. */
  readonly logFiles: LogFiles
  /** `http://HOST:9092/kapacitor/v1`, for services that link back. */
  readonly clientUrl: string
  /** Lets a topic collect an event. */
  readonly publish: (topic: string, routed: RoutedEvent) => void
}

/** An event for another topic: of another one, or made of several. */
export interface RoutedEvent {
  readonly event: AlertEvent
  /** Counts where the topic does not know the id. */
  readonly previousLevel: Level
  /** Topics that it has been through. */
  readonly path: readonly string[]
}

/** One attempt at a delivery. What goes over `HandlerDeps.http` observes it without further ado. */
export interface Attempt {
  /** Tells the receiver another attempt from another event: for protocols that have room for it. */
  readonly key: string
  /** Says when the attempt has taken too long. */
  readonly signal: AbortSignal
}

/** A handler at work for one topic. Events come one at a time, in order. */
export interface OpenHandler {
  /**
   * Makes one attempt. Rejects with a `DeliveryError`, or anything else for a failure that may pass.
   * @param attempt undefined: a trial, of which there is no other attempt.
   */
  send(event: TopicEvent, attempt?: Attempt): Promise<void>
  close?(): void
}

/** A handler that stays inside (publish, aggregate): served at once, as part of taking the event in. */
export interface InlineHandler {
  receive(event: TopicEvent): void
  close?(): void
}

export interface HandlerKind {
  /** Name of the kind in the specs of topic handlers: `smtp`. */
  readonly kind: string
  /** The method that puts it on an alert node; undefined: scripts cannot. */
  readonly script?: HandlerSpec | undefined
  /** The section of the configuration that says where and how; undefined: none does. */
  readonly section?: Section<Fields> | List<Fields> | undefined
  /** What clients can try out; undefined: nothing. */
  readonly test?: TestForm | undefined
  /** Name of the kind in the errors of scripts: `Alerta handler`. Default: `KIND handler`. */
  readonly title?: string
  /** Which of its options are secrets. */
  readonly secrecies: Secrecies
  /**
   * Checks the options and makes a handler of them; fails with HANDLER_OPTIONS and the like.
   * @param options As a client or a script (`fromScript`) gives them.
   */
  open(options: unknown, deps: HandlerDeps): OpenHandler | InlineHandler
  /** Throws where the configuration does not allow what the options name; `open` does so, too. */
  checkAllowed?(options: unknown, deps: HandlerDeps): void
  /** Turns the options of a call in a script, by names of TICKscript, into those of a topic handler. */
  fromScript(call: Readonly<Record<string, unknown>>): Record<string, unknown>
}

interface KindInput<S extends OptionSchema, C> {
  readonly kind: string
  readonly script?: ScriptForm
  readonly section?: C
  /** Name of the section. Default: the kind. */
  readonly sectionName?: string
  readonly test?: TestForm
  readonly title?: string
  /** How error messages name the options: `*slack.HandlerConfig`. */
  readonly goType: string
  readonly options: S
  /** Throws where the configuration does not allow what the options name. */
  checkAllowed?(options: OptionsOf<S>, deps: HandlerDeps): void
  open(options: OptionsOf<S>, deps: HandlerDeps): OpenHandler | InlineHandler
  /**
   * Makes options of what is set in a script; only for what is not an option of the same name, separators aside
   * (`iconEmoji` is `icon-emoji`).
   */
  fromScript?(call: Readonly<Record<string, unknown>>): Record<string, unknown>
}

/** The method of an alert node; its name is the kind where it has none of its own. */
type ScriptForm = Omit<HandlerSpec, 'kind' | 'name'> & { readonly name?: string }

/** All there is to say of a handler: how it stands in scripts, REST and the configuration, how to try it out, what it does. */
export function defineHandler<const S extends OptionSchema, const C extends HandlerKind['section'] = undefined>(
  input: KindInput<S, C>
): Omit<HandlerKind, 'section'> & { readonly section: C } {
  const names = new Map(Object.keys(input.options).map((name) => [plain(name), name]))
  const decoded = (raw: unknown) => decodeOptions(input.goType, input.options, raw)
  const { kind, script, section, sectionName = kind, test } = input
  const secrecies = secreciesOf(input.options)
  return {
    ...{ kind, test },
    script: script && { name: kind, kind, ...script },
    section: section as C,
    ...(input.title !== undefined && { title: input.title }),
    secrecies,
    open(raw, deps) {
      const own = secretsOfOptions(secrecies, raw)
      const redaction = new Redaction(() => [
        ...own,
        ...(section === undefined ? [] : secretsOfSection(section, deps.section(sectionName)))
      ])
      const handler = redaction.during(() => {
        const options = decoded(raw)
        input.checkAllowed?.(options, deps)
        return input.open(options, deps)
      })
      if ('receive' in handler) return handler
      return {
        send: (event, attempt) => redaction.ofAsync(() => handler.send(event, attempt)),
        close: () => handler.close?.()
      }
    },
    ...(input.checkAllowed !== undefined && {
      checkAllowed: (raw, deps) => input.checkAllowed?.(decoded(raw), deps)
    }),
    fromScript(call) {
      const options: Record<string, unknown> = {}
      for (const [name, value] of Object.entries(call)) {
        const option = names.get(plain(name))
        // A script cannot set an option to nothing: then it has its default.
        if (option !== undefined && value !== undefined && !isZero(value)) options[option] = value
      }
      return { ...options, ...input.fromScript?.(call) }
    }
  }
}

/** Whether the configuration does not allow what a definition names. */
export function isForbidden(error: unknown): boolean {
  return error instanceof AppError && FORBIDDEN.includes(error.code)
}

const FORBIDDEN = ['COMMAND_FORBIDDEN', 'LOG_FILE_FORBIDDEN']

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === 0n
}

function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase()
}
