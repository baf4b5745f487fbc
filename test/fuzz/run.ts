import { fuzz } from './fuzz.ts'
import { parseOptions, USAGE } from './options.ts'
import { report } from './report.ts'
import { Servers } from './servers.ts'

/** Fuzzes for a while and says what it found; exits 1 where something differs. Ends what it has started. */
const servers = new Servers()
process.on('exit', () => servers.end())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const options = ((): ReturnType<typeof parseOptions> => {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exit(2)
  }
})()
const { trials, findings, passing } = await fuzz({
  ...options,
  start: () => servers.start(),
  found: (finding) => report(finding, options.out),
  tell: (text) => console.log(text)
})
console.log('\nTrials')
console.table(trials)
if (passing > 0) console.log(`${passing} differences were gone when the trial ran alone`)
const signatures = Object.entries(findings)
console.log(signatures.length === 0 ? 'No difference.' : 'Differences')
for (const [signature, count] of signatures) console.log(`${String(count).padStart(5)}  ${signature}`)
process.exit(signatures.length === 0 ? 0 : 1)
