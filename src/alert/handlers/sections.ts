import { findUrlProblem } from '../../core/go-url.ts'
import { flag, text } from '../../core/fields.ts'
import { MASK, maskUrl } from '../../core/mask.ts'
import { quote } from '../../core/print.ts'

/** What sections of the configuration have in common. */
export const enabled = flag('Turns the handler on.')
export const insecureSkipVerify = flag('Accepts any TLS certificate of the service.')
export const tls = {
  'ssl-ca': text('File that holds the certificate authority to trust.'),
  'ssl-cert': text('File that holds the client certificate.'),
  'ssl-key': text('File that holds the key of the client certificate.'),
  'insecure-skip-verify': insecureSkipVerify
}
export const everywhere = { global: flag('Sends every alert of the server to this service, too.') }
export const changes = {
  ...everywhere,
  'state-changes-only': flag('Makes every alert tell changes of its level only, where `global` is set, too.')
}

export function missing(isMissing: boolean, problem: string): string | undefined {
  return isMissing ? problem : undefined
}

/** Says no secret of it. @param shown What of it may be seen. */
export function badUrl(url: string, name = 'url', shown = maskUrl(url)): string | undefined {
  const problem = findUrlProblem(url)
  return problem === undefined ? undefined : `invalid ${name} ${quote(shown)}: ${shownProblem(problem, url, shown)}`
}

/** What is wrong with an address that is a secret. */
export function badWebhook(url: string): string | undefined {
  return badUrl(url, 'url', MASK)
}

/** @param problem That of a URL, which it quotes, and parts of it where those are what is wrong. */
export function shownProblem(problem: string, url: string, shown: string): string {
  if (shown === url) return problem
  const reason = problem.slice(`parse ${quote(url)}`.length)
  return `parse ${quote(shown)}${reason.replace(/"(?:[^"\\]|\\.)*"/gs, quote(MASK))}`
}

interface Workspace {
  readonly default: boolean
  readonly workspace: string
  readonly global: boolean
  readonly 'state-changes-only': boolean
}

export function problemOfWorkspaces(workspaces: readonly Workspace[], service: string): string | undefined {
  for (const { default: isDefault, workspace, global, 'state-changes-only': isChangesOnly } of workspaces) {
    if (workspaces.length > 1 && workspace === '') return 'id must not be empty'
    if (global && !isDefault) return 'only the default config may be assigned as global'
    if (isChangesOnly && !(isDefault && global)) {
      return 'stateChangesOnly may only be assigned when the config is both default and global'
    }
  }
  const hasDefault = workspaces.length === 1 || workspaces.some((workspace) => workspace.default)
  return missing(workspaces.length > 0 && !hasDefault, `at least one ${service} config must be set as default`)
}
