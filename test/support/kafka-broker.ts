import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { testFolder } from './folder.ts'

const run = promisify(execFile)

/** A real broker, with a listener for anybody and one with TLS that wants a login. */
export interface KafkaBroker {
  readonly plain: string
  readonly secure: string
  /** File with the certificate of the secure one. */
  readonly certificate: string
}

export const LOGIN = { username: 'kapok', password: 'hush' } as const

/** A token that the broker takes from anybody, for OAUTHBEARER: a JSON Web Token without a signature. */
export function unsignedToken(subject: string): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'none' })}.${encode({ sub: subject, iat: nowSeconds, exp: nowSeconds + 3600 })}.`
}

/** How long Maven may take to bring the broker's jars, which it does once on a machine. */
const DOWNLOAD_MS = 240_000
const START_MS = 90_000
const PARTITIONS = 3

/**
 * Starts Kafka in a Java process. Needs `java` and `mvn`.
 * @returns Why it cannot be started, where it cannot.
 */
export async function startKafka(t: Test): Promise<KafkaBroker | string> {
  const folder = testFolder(t)
  t.comment('Maven looks for the jars of Kafka')
  const classPath = await findClassPath(folder).catch((error: unknown) => error as Error)
  if (classPath instanceof Error) return `no Kafka broker on this machine: ${classPath.message.split('\n')[0]}`
  const [plainPort, securePort, controllerPort] = await Promise.all([findPort(), findPort(), findPort()])
  const keys = await makeKeys(folder)
  const plain = `127.0.0.1:${plainPort}`
  const secure = `127.0.0.1:${securePort}`
  const login = `username="${LOGIN.username}" password="${LOGIN.password}"`
  const modules = 'org.apache.kafka.common.security'
  const properties = join(folder, 'server.properties')
  writeFileSync(
    properties,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://${plain},SASL_SSL://${secure},CONTROLLER://127.0.0.1:${controllerPort}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,OAUTHBEARER
listener.name.sasl_ssl.plain.sasl.jaas.config=${modules}.plain.PlainLoginModule required user_${LOGIN.username}="${LOGIN.password}";
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=${modules}.scram.ScramLoginModule required ${login};
ssl.keystore.type=PKCS12
ssl.keystore.location=${keys.store}
ssl.keystore.password=${KEY_PASSWORD}
log.dirs=${join(folder, 'logs')}
num.partitions=${PARTITIONS}
message.max.bytes=100000
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
`
  )
  const java = ['-Xmx256m', '-cp', classPath]
  const scram = `SCRAM-SHA-256=[name=${LOGIN.username},password=${LOGIN.password}]`
  const format = ['format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', properties, '--add-scram', scram]
  await run('java', ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', ...java, 'kafka.tools.StorageTool', ...format])
  const broker = spawn('java', [...java, 'kafka.Kafka', properties], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(() => stop(broker))
  await started(broker)
  return { plain, secure, certificate: keys.certificate }
}

const KEY_PASSWORD = 'changeit'

async function makeKeys(folder: string): Promise<{ readonly store: string; readonly certificate: string }> {
  const store = join(folder, 'keys.p12')
  const certificate = join(folder, 'certificate.pem')
  const common = ['-keystore', store, '-storetype', 'PKCS12', '-storepass', KEY_PASSWORD, '-alias', 'broker']
  const names = ['-dname', 'CN=localhost', '-ext', 'san=ip:127.0.0.1,dns:localhost']
  await run('keytool', ['-genkeypair', '-keyalg', 'EC', '-validity', '2', ...names, ...common])
  await run('keytool', ['-exportcert', '-rfc', '-file', certificate, ...common])
  return { store, certificate }
}

async function findClassPath(folder: string): Promise<string> {
  const pom = join(import.meta.dirname, '../fixtures/kafka/pom.xml')
  const file = join(folder, 'class-path')
  const args = ['-q', '-B', '-f', pom, 'dependency:build-classpath', `-Dmdep.outputFile=${file}`]
  await run('mvn', args, { timeout: DOWNLOAD_MS })
  return readFileSync(file, 'utf8').trim()
}

/** Its log says when it takes connections. */
async function started(broker: ChildProcess): Promise<void> {
  const lines = createInterface({ input: broker.stderr! })
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Kafka does not start')), START_MS)
    const log: string[] = []
    broker.on('exit', (code) => reject(new Error(`Kafka ended with ${code}:\n${log.slice(-5).join('\n')}`)))
    lines.on('line', (line) => {
      log.push(line)
      if (!/Kafka Server started/.test(line)) return
      clearTimeout(timer)
      resolve()
    })
  })
}

async function stop(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null) return
  const ended = new Promise((resolve) => broker.once('exit', resolve))
  broker.kill('SIGKILL')
  await ended
}

async function findPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
