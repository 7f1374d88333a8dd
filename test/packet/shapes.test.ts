// The shape of a packet tells just what the readers of its layers find one after the other.
import test from 'ava'
import { LAYERS_MAX } from '../../src/packet/layers.ts'
import { NO_SHAPE, SHAPE_LAYERS, SHAPE_MASKS, SHAPES, Shapes } from '../../src/packet/shapes.ts'
import { eachFlowSample, FLOW_CAPTURES, header, viewOf } from '../flows/keys-views.ts'
import { seeded } from '../flows/table-kit.ts'
import { eth, ip, ip6, tcp, udp, vlan } from './frames.ts'
import { PLAIN_CASES } from './plain-cases.ts'
import { TUNNEL_CASES } from './tunnel-cases.ts'

/** header_protocol of an Ethernet frame, and another that also begins with one: its layers are always walked. */
const ETHERNET = 1
const WALKED = 17

const TRANSPORTS = [
  [6, tcp],
  [17, udp(50_000, 443, 'cafe'.repeat(20))],
] as const
/** A frame of each shape, in the order of their numbers. */
const FRAMES = [false, true].flatMap(tagged =>
  [ip, ip6].flatMap(network =>
    TRANSPORTS.map(([protocol, payload]) => {
      const type = network === ip ? 0x0800 : 0x86dd
      const before = tagged ? eth(0x8100) + vlan(0x2064, type) : eth(type)
      return before + network(protocol, payload)
    }),
  ),
)

/** What both ways tell of the same bytes. */
function compare(bytes: string) {
  const digits = bytes.replace(/\s/g, '')
  const { packet } = viewOf([header(digits, WALKED)])
  const { packet: told } = viewOf([header(digits, ETHERNET)])
  const layers = packet.layers()
  const start = told.start
  const shapes = new Shapes()
  const shape = shapes.of(told.view, start, told.end)
  const expected = {
    layers,
    offsets: Array.from(packet.offsets),
    order: packet.order.slice(0, Math.min(packet.count, LAYERS_MAX)).join(),
    end: packet.end,
    extensions: [packet.ip6ExtensionCount[0], packet.ip6Extensions[0]],
  }
  const found = {
    layers: told.layers(),
    offsets: Array.from(told.offsets),
    order: told.order.slice(0, told.count).join(),
    end: told.end,
    extensions: [told.ip6ExtensionCount[0], told.ip6Extensions[0]],
  }
  const wrong = JSON.stringify(found) === JSON.stringify(expected) ? [] : [{ found, expected }]
  if (shape !== NO_SHAPE) {
    const mask = SHAPE_MASKS[shape] as number
    const places = SHAPE_LAYERS[shape]?.map(([layer, at]) => [layer, start + at])
    const there = SHAPE_LAYERS[shape]?.map(([layer]) => [layer, packet.offsets[layer]])
    if (mask !== layers || shapes.end !== packet.end || `${places}` !== `${there}`)
      wrong.push({ found, expected })
  }
  return { shape, wrong }
}

test('each shape has a frame, which is of it, and layers that tell it from the others', t => {
  t.deepEqual(
    FRAMES.map(frame => compare(frame).shape),
    Array.from({ length: SHAPES }, (_, shape) => shape),
  )
  t.is(new Set(SHAPE_MASKS).size, SHAPES)
})

test('frames of all sorts, whole and cut at every byte', t => {
  let shaped = 0
  for (const bytes of [...FRAMES, ...[...PLAIN_CASES, ...TUNNEL_CASES].map(one => one.bytes)]) {
    const digits = bytes.replace(/\s/g, '')
    for (let length = 0; length <= digits.length; length += 2) {
      const { shape, wrong } = compare(digits.slice(0, length))
      t.deepEqual(wrong, [])
      shaped += shape === NO_SHAPE ? 0 : 1
    }
  }
  t.true(shaped > 200)
})

test('frames with any bytes changed', t => {
  const random = seeded(3)
  let shaped = 0
  for (let turn = 0; turn < 20_000; turn++) {
    const bytes = Buffer.from((FRAMES[turn % SHAPES] as string).replace(/\s/g, ''), 'hex')
    for (let change = 0; change < 3; change++) {
      const at = 12 + Math.floor(random() * (bytes.length - 12))
      bytes[at] = [0, 1, 4, 6, 17, 53, 255][Math.floor(random() * 7)] as number
    }
    const { shape, wrong } = compare(bytes.toString('hex'))
    if (wrong.length > 0) t.deepEqual(wrong, [], bytes.toString('hex'))
    shaped += shape === NO_SHAPE ? 0 : 1
  }
  t.true(shaped > 5_000 && shaped < 19_000)
})

test('samples of the captures: most packets have a shape', async t => {
  let all = 0
  let shaped = 0
  for (const name of Object.keys(FLOW_CAPTURES)) {
    await eachFlowSample(name, ({ packet }) => {
      const { view, start, end } = packet
      const bytes = Buffer.from(view.buffer, view.byteOffset + start, end - start)
      const { shape, wrong } = compare(bytes.toString('hex'))
      t.deepEqual(wrong, [])
      all += 1
      shaped += shape === NO_SHAPE ? 0 : 1
    })
  }
  t.log(`${shaped} of ${all}`)
  t.true(shaped > all / 2)
})
