import { commit } from './abuse.ts'
import { DEEDS } from './deeds/index.ts'

/** `npm run abuse [-- --short] [-- --only NAME,NAME]`: does each deed to a server of its own; exits 1 where one did not hold. */
const args = process.argv.slice(2)
const at = args.indexOf('--only')
const only = at < 0 ? [] : (args[at + 1] ?? '').split(',')
const deeds = DEEDS.filter(
  ({ name, isShort }) => (only.length === 0 || only.includes(name)) && (isShort || !args.includes('--short'))
)
if (deeds.length === 0) {
  console.error(`no such deed; there are ${DEEDS.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
let bad = 0
const done = deeds.filter(({ missing }) => missing === undefined).length
for (const deed of deeds) {
  if (deed.missing !== undefined) {
    console.log(`skipped  ${deed.name}: ${deed.missing}`)
    continue
  }
  const { name, beforeMiB, peakMiB, afterMiB, pingMs, writeMs, restartMs, wrong } = await commit(deed)
  console.log(`${wrong === '' ? 'held' : 'FELL'}  ${name}: ${deed.what}`)
  console.log(
    `      RSS ${beforeMiB}/${peakMiB}/${afterMiB} MiB, ping ${pingMs} ms, write ${writeMs} ms, restart ${restartMs} ms`
  )
  if (wrong !== '') console.log(`      ${wrong}`)
  if (wrong !== '') bad++
}
console.log(`${done - bad} of ${done} held, ${deeds.length - done} skipped`)
process.exit(bad === 0 ? 0 : 1)
