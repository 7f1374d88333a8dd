/** Power, temperature, humidity and fans of a device. */
import { counter, defineCounters, gauge, i32, u32 } from './define.ts'

const SPEC = 'https://groups.google.com/g/sflow/c/gN3nxSi2SBs'
const AGENTS = 'none seen'

/** What the specification says for a power factor that does not apply or is not known. */
const POWER_FACTOR_DC = 2_147_483_647
const POWER_FACTOR_UNKNOWN = -2_147_483_647

export const energy = defineCounters({
  name: 'energy',
  format: 3000,
  spec: SPEC,
  toolUnknown: true,
  about: 'Electrical power that a device takes.',
  agents: AGENTS,
  fields: [
    electric('voltage', 'sflow_energy_voltage_volts', 'Voltage of the supply.', 'mV'),
    electric('current', 'sflow_energy_current_amperes', 'Current drawn.', 'mA'),
    electric('real_power', 'sflow_energy_power_watts', 'Real power drawn.', 'mW'),
    i32(
      'power_factor',
      gauge('sflow_energy_power_factor_ratio', 'Power factor; none for direct current.', {
        divisor: 10_000,
        unknown: [POWER_FACTOR_DC, POWER_FACTOR_UNKNOWN, -1],
      }),
      { unit: '1/100 %' },
    ),
    u32(
      'energy',
      counter('sflow_energy_consumed_joules_total', 'Energy taken.', { divisor: 1_000 }),
      { unit: 'mJ' },
    ),
    u32('errors', counter('sflow_energy_errors_total', 'Faults of the supply.')),
  ],
})

function electric(name: string, metric: string, help: string, unit: string) {
  return u32(name, gauge(metric, help, { divisor: 1_000 }), { unit })
}

export const temperature = defineCounters({
  name: 'temperature',
  format: 3001,
  spec: SPEC,
  toolUnknown: true,
  about: 'Lowest and highest temperature that the sensors of a device tell.',
  agents: AGENTS,
  fields: [
    celsius('minimum', 'min', 'Lowest'),
    celsius('maximum', 'max', 'Highest'),
    u32('errors', counter('sflow_temperature_errors_total', 'Temperatures out of their range.')),
  ],
})

function celsius(name: string, which: string, words: string) {
  const help = `${words} temperature of all sensors.`
  return i32(
    name,
    gauge(`sflow_temperature_${which}_celsius`, help, { divisor: 10, unknown: [-1] }),
    { unit: '1/10 °C' },
  )
}

export const humidity = defineCounters({
  name: 'humidity',
  format: 3002,
  spec: SPEC,
  toolUnknown: true,
  about: 'Relative humidity.',
  agents: AGENTS,
  fields: [
    i32(
      'relative',
      gauge('sflow_humidity_relative_ratio', 'Relative humidity.', {
        divisor: 100,
        unknown: [-1],
      }),
      { unit: '%' },
    ),
  ],
})

export const fans = defineCounters({
  name: 'fans',
  format: 3003,
  spec: SPEC,
  toolUnknown: true,
  about: 'Fans of a device.',
  agents: AGENTS,
  fields: [
    u32('total', gauge('sflow_fans', 'Fans in all.')),
    u32('failed', gauge('sflow_fans_failed', 'Fans that do not work.')),
    u32(
      'speed',
      gauge('sflow_fans_speed_ratio', 'Average speed of the fans, as share of the highest.', {
        divisor: 100,
      }),
      { unit: '%' },
    ),
  ],
})
