/** Graphics processors of a host: sflow_nvml.txt, sums over all devices. */
import { counter, defineCounters, gauge, u32, u64 } from './define.ts'

export const nvidiaGpu = defineCounters({
  name: 'nvidia_gpu',
  enterprise: 5703,
  format: 1,
  spec: 'sflow_nvml.txt',
  subject: 'host',
  about: 'The graphics processors of a host, all together.',
  agents: 'Host sFlow with NVML',
  fields: [
    u32('device_count', gauge('sflow_host_gpu_devices', 'Graphics processors.'), {
      tool: 'nvml_device_count',
    }),
    u32('processes', gauge('sflow_host_gpu_processes', 'Processes that use them.'), {
      tool: 'nvml_processes',
    }),
    busy('gpu_time', 'sflow_host_gpu_busy_seconds_total', 'Time that kernels ran.', 'nvml_gpu_mS'),
    busy(
      'mem_time',
      'sflow_host_gpu_memory_busy_seconds_total',
      'Time that memory was read or written.',
      'nvml_mem_mS',
    ),
    u64('mem_total', gauge('sflow_host_gpu_memory_bytes', 'Memory in all.', { unknown: [0] }), {
      tool: 'nvml_mem_bytes_total',
    }),
    u64('mem_free', gauge('sflow_host_gpu_memory_free_bytes', 'Memory that is not in use.'), {
      tool: 'nvml_mem_bytes_free',
    }),
    u32('ecc_errors', counter('sflow_host_gpu_ecc_errors_total', 'Memory errors.'), {
      tool: 'nvml_ecc_errors',
    }),
    u32(
      'energy',
      counter('sflow_host_gpu_energy_joules_total', 'Energy taken.', { divisor: 1_000 }),
      { unit: 'mJ', tool: 'nvml_energy_mJ' },
    ),
    u32('temperature', gauge('sflow_host_gpu_temperature_celsius', 'Temperature of the hottest.'), {
      unit: '°C',
      tool: 'nvml_temperature_C',
    }),
    u32(
      'fan_speed',
      gauge(
        'sflow_host_gpu_fan_speed_ratio',
        'Speed of the fastest fan, as share of its highest.',
        {
          divisor: 100,
        },
      ),
      { unit: '%', tool: 'nvml_fan_speed_pc' },
    ),
  ],
})

function busy(name: string, metric: string, help: string, tool: string) {
  return u32(name, counter(metric, help, { divisor: 1_000 }), { unit: 'ms', tool })
}
