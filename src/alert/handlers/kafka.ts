import { defineError } from '../../core/errors.ts'
import { t } from '../../graph/spec.ts'
import { poolsByOwner } from './client-pool.ts'
import { defineHandler, type HandlerDeps, InvalidOptions } from './handler.ts'
import { clusterSettingsOf, KafkaCluster } from './kafka-cluster.ts'
import { kafkaSection } from './kafka-section.ts'
import { findPartitioner } from './kafka-partitions.ts'
import { option } from './options.ts'
import { findEntry, type Section } from './services.ts'
import { alertTemplate } from './templates.ts'
import { serviceTest } from './service-test.ts'

const UnknownCluster = defineError(
  'KAFKA_CLUSTER_UNKNOWN',
  500,
  (id: string) => `unknown cluster ${JSON.stringify(id)}`
)

const clustersOf = poolsByOwner<KafkaCluster>()

export default defineHandler({
  kind: 'kafka',
  goType: '*kafka.HandlerConfig',
  script: {
    hostType: 'KafkaHandler',
    summary: 'Writes the event to a Kafka topic.',
    args: {},
    properties: {
      cluster: t.string('Configured cluster; default: `default`.'),
      kafkaTopic: t.string('Kafka topic.'),
      template: t.string('Template of the value; default: the event as JSON.'),
      disablePartitionById: t.flag('Spreads events over the partitions, whatever their id.'),
      partitionHashAlgorithm: t.string('`crc32`, `murmur2`, `murmur3` or `fnv-1a`.')
    }
  },
  section: kafkaSection,
  options: {
    cluster: option.string,
    topic: option.string,
    template: option.string,
    disablePartitionById: option.bool,
    partitionAlgorithm: option.string
  },
  fromScript: ({ kafkaTopic, partitionHashAlgorithm }) => ({
    topic: kafkaTopic,
    partitionAlgorithm: partitionHashAlgorithm
  }),
  open({ cluster: id, topic, template, disablePartitionById, partitionAlgorithm }, deps) {
    clusterIn(deps, id)
    if (topic === '') throw InvalidOptions('topic must not be empty')
    const hash = findPartitioner(partitionAlgorithm)
    if (hash === undefined) throw InvalidOptions(`invalid partition algorithm: ${JSON.stringify(partitionAlgorithm)}`)
    const value = template === '' ? undefined : alertTemplate('kafka alert template', template)
    const clusters = clustersOf(deps.section)
    const user = {}
    let turn = 0
    return {
      async send(topicEvent, attempt) {
        const section = clusterIn(deps, id)
        const settings = clusterSettingsOf(section)
        const world = { http: deps.commonHttp ?? deps.http, clock: deps.clock, guard: deps.guard }
        const cluster = clusters.take(user, settings.id, settings, () => new KafkaCluster(settings, world))
        const key = topicEvent.event.id
        // Differs: .disablePartitionById() spreads events over all partitions; Kapacitor hashes the id by FNV-1a then.
        const hashed = disablePartitionById ? undefined : hash(Buffer.from(key))
        const partition = hashed ?? turn++ % 2 ** 31
        await cluster.send({
          ...{ topic, key, partition },
          value: value?.(topicEvent) ?? `${topicEvent.json}\n`,
          // Differs: a message has the header Idempotency-Key; Kapacitor writes messages without headers.
          headers: new Map(attempt === undefined ? [] : [['Idempotency-Key', attempt.key]])
        })
      },
      close: () => clusters.leave(user)
    }
  },
  test: serviceTest({
    options: () => ({ cluster: 'example', topic: 'test', key: 'key', message: 'test kafka message' }),
    delivery: ({ cluster, topic, key, message }) => ({
      options: { cluster, topic, template: '{{ .Message }}' },
      event: { id: key, message }
    })
  })
})

/**
 * Fails with KAFKA_CLUSTER_UNKNOWN.
 * Differs: a handler that names no cluster takes the one whose id is default; Kapacitor says unknown cluster "".
 */
function clusterIn(deps: HandlerDeps, id: string): Section {
  const section = findEntry(deps, 'kafka', 'id', id) ?? findEntry(deps, 'kafka', 'id', id || 'default')
  if (section?.isEnabled !== true) throw UnknownCluster(id)
  return section
}
