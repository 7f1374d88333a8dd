/** What each table shows of its rows, and what it is sorted by. */
import { ago, bits, percent, scaled } from './format.js'

export function columns(histories) {
  return {
    interfaces: [
      { title: 'Agent', width: 14, text: row => row.agent },
      { title: 'Interface', width: 16, text: row => row.name },
      number(
        'Speed',
        9,
        row => row.speed || null,
        value => scaled(value, 'bit/s'),
      ),
      number('In', 10, row => row.input, bits),
      number('Out', 10, row => row.output, bits),
      number(
        'Use',
        6,
        row => row.use,
        percent,
        value => value > 0.9,
      ),
      {
        title: 'In and out lately',
        width: 17,
        text: row => row.traffic,
        draw: (row, cell) => histories.draw(row.key, cell),
      },
      number(
        'Discards',
        9,
        row => row.discards,
        perSecond,
        value => value > 0,
      ),
      number(
        'Errors',
        8,
        row => row.errors,
        perSecond,
        value => value > 0,
      ),
      { title: 'State', width: 6, text: row => (row.up ? 'up' : 'down'), bad: row => !row.up },
    ],
    flows: [
      { title: 'Source', width: 25, text: row => row.source },
      { title: 'Destination', width: 25, text: row => row.destination },
      number('Rate', 18, row => row.value, bits),
      number('±', 9, row => row.error, percent),
      { title: 'Seen by', width: 16, text: row => row.agent },
    ],
    events: [
      { title: 'Time', width: 15, text: row => row.time, value: row => row.timestamp },
      { title: 'Threshold', width: 20, text: row => row.thresholdID },
      { title: 'State', width: 13, text: row => row.status, bad: row => row.status === 'firing' },
      { title: 'What', width: 28, text: row => row.what },
      { title: 'Where', width: 24, text: row => row.where },
    ],
    actions: [
      { title: 'Since', width: 13, text: row => row.time, value: row => row.since },
      { title: 'Action', width: 10, text: row => row.action },
      { title: 'What', width: 41, text: row => row.what },
      { title: 'Where', width: 16, text: row => row.where },
      { title: 'State', width: 14, text: row => row.phase, bad: row => row.phase === 'active' },
    ],
    agents: [
      { title: 'Agent', width: 25, text: row => row.shown },
      number('Datagrams', 19, row => row.datagrams, count),
      number('Samples', 15, row => row.flowSamples, count),
      number(
        'Lost',
        12,
        row => row.lost,
        count,
        value => value > 0,
      ),
      number('Restarts', 16, row => row.restarts, count),
      number(
        'Last',
        12,
        row => row.age,
        ago,
        value => value > 90_000,
      ),
    ],
    hosts: [
      { title: 'Host', width: 28, text: row => row.name },
      { title: 'Agent', width: 24, text: row => row.agent },
      number(
        'Load',
        12,
        row => row.load,
        value => (isKnown(value) ? value.toFixed(2) : '–'),
      ),
      number(
        'CPUs',
        10,
        row => row.cpus,
        value => value ?? '–',
      ),
      number(
        'Memory used',
        20,
        row => row.memory,
        percent,
        value => value > 0.95,
      ),
    ],
    containers: [
      { title: 'Name', width: 34, text: row => row.name },
      { title: 'Kind', width: 12, text: row => row.kind },
      { title: 'Host', width: 20, text: row => row.host },
      { title: 'Agent', width: 16, text: row => row.agent },
      number('CPU', 8, row => row.cpu, percent),
      number(
        'Memory',
        10,
        row => row.memory,
        value => scaled(value, 'B'),
      ),
    ],
  }
}

function number(title, width, value, show, isBad = () => false) {
  const text = row => show(value(row))
  return { title, width, number: true, value, text, bad: row => isBad(value(row)) }
}

function isKnown(value) {
  return value !== null && value !== undefined
}

function perSecond(value) {
  return scaled(value, '/s')
}

function count(value) {
  return scaled(value, '')
}
