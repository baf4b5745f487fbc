import { parseArgs } from 'node:util'
import { ADDRESS_USAGE, addressOf, addressOptions, askServer } from '../client.ts'
import { type Command, withTwoDashes } from '../command.ts'

const PATH = '/kapok/v1/tokens'

interface Token {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly owner: string
  readonly expires: string | null
  readonly 'last-used': string | null
  readonly token?: string
}

export const token: Command = {
  name: 'token',
  usage: `create --name NAME --scope SCOPE... [--expires-in 720h] | list | revoke ID  [--json] ${ADDRESS_USAGE}`,
  summary: 'Makes, lists and revokes tokens of a running server; a new one is shown once.',
  async run(args, { environment, out, error }) {
    const { values, positionals } = parseArgs({
      args: withTwoDashes(args),
      options: {
        ...addressOptions,
        json: { type: 'boolean', default: false },
        name: { type: 'string', default: '' },
        scope: { type: 'string', multiple: true, default: [] },
        'expires-in': { type: 'string', default: '' }
      },
      allowPositionals: true
    })
    const [action = '', id = '', ...rest] = positionals
    const isRight = action === 'revoke' ? id !== '' && rest.length === 0 : id === ''
    if (!isRight || !['create', 'list', 'revoke'].includes(action)) {
      error(`Usage: kapok token ${token.usage}\n`)
      return 2
    }
    const address = addressOf(values, environment)
    if (action === 'revoke') {
      await askServer(address, 'DELETE', `${PATH}/${encodeURIComponent(id)}`)
    } else if (action === 'create') {
      const wanted = { name: values.name, scopes: values.scope, 'expires-in': values['expires-in'] }
      const made = (await askServer(address, 'POST', PATH, wanted)) as Token
      out(values.json ? `${JSON.stringify(made, null, 2)}\n` : `${made.token}\n`)
    } else {
      const { tokens } = (await askServer(address, 'GET', PATH)) as { readonly tokens: readonly Token[] }
      out(values.json ? `${JSON.stringify(tokens, null, 2)}\n` : tableOf(tokens))
    }
    return 0
  }
}

function tableOf(tokens: readonly Token[]): string {
  const rows = [
    ['ID', 'Name', 'Scopes', 'Made by', 'Expires', 'Last used'],
    ...tokens.map((token) => [
      ...[token.id, token.name, token.scopes.join(','), token.owner],
      ...[token.expires ?? 'never', token['last-used'] ?? 'never']
    ])
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}
