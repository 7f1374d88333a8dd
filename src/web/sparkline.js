/** The last minutes of an interface: what came in above the line, what went out below, on one scale. */

const NAMESPACE = 'http://www.w3.org/2000/svg'
const POINTS = 60
const WIDTH = 160
const HEIGHT = 22
const MIDDLE = HEIGHT / 2
const STEP = WIDTH / (POINTS - 1)

export class Histories {
  #points = new Map()

  /** Keeps the points of the interfaces that are there now, and no others. */
  add(rows) {
    const kept = new Map()
    for (const { key, input, output } of rows) {
      // The newest last; NaN where there was none yet.
      const points = this.#points.get(key) ?? new Float32Array(2 * POINTS).fill(Number.NaN)
      points.copyWithin(0, 2)
      points[2 * POINTS - 2] = input ?? 0
      points[2 * POINTS - 1] = output ?? 0
      kept.set(key, points)
    }
    this.#points = kept
  }

  draw(key, cell) {
    const [, input, output] = cell.firstChild?.children ?? create(cell)
    const points = this.#points.get(key)
    if (points === undefined) return
    let top = 1
    for (const value of points) if (value > top) top = value
    input.setAttribute('points', area(points, 0, -(MIDDLE - 1) / top))
    output.setAttribute('points', area(points, 1, (MIDDLE - 1) / top))
  }
}

/** From the middle line along the values and back to it; now is at the right. */
function area(points, offset, scale) {
  let path = ''
  let first = -1
  for (let at = 0; at < POINTS; at++) {
    const value = points[2 * at + offset]
    if (Number.isNaN(value)) continue
    if (first < 0) {
      first = at
      path = `${(at * STEP).toFixed(1)},${MIDDLE}`
    }
    path += ` ${(at * STEP).toFixed(1)},${(MIDDLE + value * scale).toFixed(1)}`
  }
  return `${path} ${WIDTH},${MIDDLE}`
}

function create(cell) {
  const svg = document.createElementNS(NAMESPACE, 'svg')
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('aria-hidden', 'true')
  const line = document.createElementNS(NAMESPACE, 'path')
  line.setAttribute('class', 'axis')
  line.setAttribute('d', `M0 ${MIDDLE}H${WIDTH}`)
  svg.append(line)
  for (const name of ['in', 'out']) {
    const shape = document.createElementNS(NAMESPACE, 'polygon')
    shape.setAttribute('class', name)
    svg.append(shape)
  }
  cell.append(svg)
  return svg.children
}
