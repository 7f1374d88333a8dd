/** How long the queues of a port were: one record for each queue. */
import { counter, defineCounters, gauge, u32 } from './define.ts'

export const queueLength = defineCounters({
  name: 'queue_length',
  format: 1003,
  toolUnknown: true,
  spec: 'http://groups.google.com/group/sflow/browse_thread/thread/773d27b17a81600c',
  subject: 'interface',
  about: 'Histogram of the lengths that packets found when they came to a queue.',
  agents: 'none seen',
  fields: [],
  lengthMin: 52,
  group: {
    label: 'queue',
    keyField: 'queueIndex',
    elementsMax: 1,
    fields: [
      u32('queueIndex', { noMetric: 'label `queue`' }),
      u32(
        'segmentSize',
        gauge('sflow_interface_queue_segment_bytes', 'Size of a segment of the queue.', {
          unknown: [0],
        }),
        { unit: 'bytes' },
      ),
      u32(
        'queueSegments',
        gauge('sflow_interface_queue_segments', 'Segments that the queue may take.', {
          unknown: [0],
        }),
      ),
      found('queueLength0', '0'),
      found('queueLength1', '1'),
      found('queueLength2', '2'),
      found('queueLength4', '3-4'),
      found('queueLength8', '5-8'),
      found('queueLength32', '9-32'),
      found('queueLength128', '33-128'),
      found('queueLength1024', '129-1024'),
      found('queueLengthMore', 'more'),
      u32(
        'dropped',
        counter(
          'sflow_interface_queue_dropped_packets_total',
          'Packets dropped instead of put into the queue.',
        ),
      ),
    ],
  },
})

function found(name: string, length: string) {
  const help = 'Packets put into the queue, by the segments that they found in it.'
  return u32(name, counter('sflow_interface_queue_packets_total', help, { labels: { length } }))
}
