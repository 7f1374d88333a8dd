/** The last minutes of an interface as two lines: in and out, on one scale. */

const NAMESPACE = 'http://www.w3.org/2000/svg'
const POINTS_MAX = 60
const WIDTH = 120
const HEIGHT = 22

export class Histories {
  #points = new Map()

  /** Keeps the points of the interfaces that are there now, and no others. */
  add(rows) {
    const kept = new Map()
    for (const { key, input, output } of rows) {
      const points = this.#points.get(key) ?? []
      points.push([input ?? 0, output ?? 0])
      if (points.length > POINTS_MAX) points.shift()
      kept.set(key, points)
    }
    this.#points = kept
  }

  draw(key, cell) {
    const points = this.#points.get(key) ?? []
    const lines = cell.firstChild?.children ?? this.#create(cell)
    const top = Math.max(1, ...points.flat())
    for (const [index, line] of [...lines].entries()) {
      const path = points.map((point, at) => {
        const x = WIDTH - (points.length - 1 - at) * (WIDTH / (POINTS_MAX - 1))
        return `${x.toFixed(1)},${(HEIGHT - 1 - (point[index] / top) * (HEIGHT - 2)).toFixed(1)}`
      })
      line.setAttribute('points', path.join(' '))
    }
  }

  #create(cell) {
    const svg = document.createElementNS(NAMESPACE, 'svg')
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
    svg.setAttribute('aria-hidden', 'true')
    for (const name of ['in', 'out']) {
      const line = document.createElementNS(NAMESPACE, 'polyline')
      line.setAttribute('class', name)
      svg.append(line)
    }
    cell.append(svg)
    return svg.children
  }
}
