import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'kafka',
  kind: 'kafka',
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
}
