/** Pluggable optics: sflow_optics.txt. One series a lane. */
import { defineCounters, gauge, i32, u32 } from './define.ts'

export const optics = defineCounters({
  name: 'sfp',
  format: 10,
  spec: 'sflow_optics.txt',
  subject: 'interface',
  about: 'An optical module: supply, temperature, light sent and received on each lane.',
  agents: 'Host sFlow on switches',
  fields: [
    u32('module_id', { tool: 'sfp_module_id', noMetric: 'ifIndex of one port of the module' }),
    u32(
      'module_num_lanes',
      gauge('sflow_interface_optics_lanes', 'Lanes of the module.', { unknown: [0] }),
      { tool: 'sfp_module_total_lanes' },
    ),
    u32(
      'module_supply_voltage',
      gauge('sflow_interface_optics_supply_volts', 'Supply voltage of the module.', {
        divisor: 1_000,
        unknown: [0],
      }),
      { unit: 'mV', tool: 'sfp_module_supply_voltage' },
    ),
    i32(
      'module_temperature',
      gauge('sflow_interface_optics_temperature_celsius', 'Temperature of the module.', {
        divisor: 1_000,
        unknown: [-1],
      }),
      { unit: '1/1000 °C', tool: 'sfp_module_temperature' },
    ),
    u32('lanes', { tool: 'sfp_module_active_lanes', noMetric: 'how many lanes follow' }),
  ],
  group: {
    label: 'lane',
    keyField: 'index',
    countField: 'lanes',
    elementsMax: 16,
    fields: [
      u32('index', { noMetric: 'label `lane`' }),
      u32(
        'tx_bias_current',
        gauge('sflow_interface_optics_transmit_bias_amperes', 'Bias current of the laser.', {
          divisor: 1_000_000,
        }),
        { unit: 'uA', tool: 'tx_bias_current_uA' },
      ),
      ...light('tx', 'transmit', 'sent'),
      ...light('rx', 'receive', 'received'),
    ],
  },
})

function light(short: 'tx' | 'rx', direction: string, done: string) {
  const name = `sflow_interface_optics_${direction}`
  // The reference program prints these keys with a literal "%u".
  return [
    u32(
      `${short}_power`,
      gauge(`${name}_power_watts`, `Power of the light ${done}.`, { divisor: 1_000_000 }),
      { unit: 'uW', tool: `${short}_power_uW.%u` },
    ),
    u32(
      `${short}_power_min`,
      gauge(`${name}_power_min_watts`, `Least power of the light ${done}.`, { divisor: 1_000_000 }),
      { unit: 'uW', tool: `${short}_power_min_uW.%u` },
    ),
    u32(
      `${short}_power_max`,
      gauge(`${name}_power_max_watts`, `Most power of the light ${done}.`, { divisor: 1_000_000 }),
      { unit: 'uW', tool: `${short}_power_max_uW.%u` },
    ),
    u32(
      `${short}_wavelength`,
      gauge(`${name}_wavelength_meters`, `Wavelength of the light ${done}.`, {
        divisor: 1_000_000_000,
        unknown: [0],
      }),
      { unit: 'nm', tool: `${short}_wavelength_nM.%u` },
    ),
  ]
}
