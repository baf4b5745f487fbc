import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deed } from '../abuse.ts'

const folder = mkdtempSync(join(tmpdir(), 'kapok-abuse-notify-'))

export default {
  name: 'yaml-alias',
  what: 'files of filters with a dangling alias, a cycle and a bomb beside one that is good',
  isShort: true,
  environment: { KAPOK_NOTIFY_FOLDER: folder },
  async run(scene) {
    const filters = join(folder, 'filters')
    mkdirSync(filters, { recursive: true })
    const bomb = ['a: &a [x, x]', ...Array.from('bcdefghijklmnopqrstuvw', (name, i) => {
      const last = String.fromCharCode(97 + i)
      return `${name}: &${name} [*${last}, *${last}, *${last}, *${last}]`
    })].join('\n') // prettier-ignore
    writeFileSync(join(filters, 'dangling.yaml'), 'id: dangling\ntype: discard\nif: *foo\n')
    writeFileSync(join(filters, 'cycle.yaml'), 'id: cycle\ntype: discard\nif: &x [*x]\n')
    writeFileSync(join(filters, 'bomb.yaml'), bomb)
    writeFileSync(join(filters, 'good.yaml'), 'id: good\ntype: discard\nif: \'alert.From == "x"\'\n')
    await scene.program.end()
    await scene.start()
    const { status, text } = await scene.call('GET', '/filters')
    return text.includes('good') ? undefined : `the good filter is not there: ${status} ${text.slice(0, 100)}`
  }
} satisfies Deed
