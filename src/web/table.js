/**
 * A table of any length: only the rows in sight are in the document, and they are changed in place.
 * A click on a heading sorts by it: downwards, upwards, as it came. All text goes in by textContent.
 */

/** As live.css has it. */
const ROW_PX = 28
const BEYOND_SIGHT = 4

export class LiveTable {
  #parent
  #columns
  #above
  #below
  #body
  #table
  #note
  #headings = []
  #elements = []
  #all = []
  #words = []
  #rows = []
  #sort = { column: undefined, down: true }

  /**
   * Columns: {title, width (share), number?, text(row), value?(row) to sort by, bad?(row),
   * draw?(row, cell)}. `hint` stands below when there is nothing to show.
   */
  constructor(parent, columns, hint = 'none') {
    this.#parent = parent
    this.#columns = columns
    this.hint = hint
    this.#table = document.createElement('table')
    this.#makeHead()
    this.#above = spacer(this.#table.createTBody(), columns.length)
    this.#body = this.#table.createTBody()
    this.#below = spacer(this.#table.createTBody(), columns.length)
    this.#note = document.createElement('p')
    this.#note.className = 'empty'
    // It scrolls by keys, so it must be reached by them.
    parent.tabIndex = 0
    parent.className = 'scroll'
    parent.setAttribute('role', 'group')
    parent.setAttribute('aria-labelledby', `h-${parent.id}`)
    parent.append(this.#table, this.#note)
    parent.addEventListener('scroll', () => requestAnimationFrame(() => this.#draw()), {
      passive: true,
    })
    new ResizeObserver(() => this.#draw()).observe(parent)
  }

  /** Shows the rows that hold every word of the search. */
  show(rows, words) {
    this.#all = rows
    this.#words = words
    const found = words.length
      ? rows.filter(row => words.every(word => row.search.includes(word)))
      : rows
    this.#rows = this.#sorted(found)
    const counted = found.length === rows.length ? '' : `${found.length} of ${rows.length}`
    this.#note.textContent = rows.length === 0 ? this.hint : counted
    this.#table.setAttribute('aria-rowcount', String(found.length + 1))
    this.#draw()
  }

  #makeHead() {
    const group = document.createElement('colgroup')
    const row = this.#table.createTHead().insertRow()
    const whole = this.#columns.reduce((sum, { width }) => sum + width, 0)
    for (const column of this.#columns) {
      const col = document.createElement('col')
      col.style.width = `${(column.width / whole) * 100}%`
      group.append(col)
      const cell = document.createElement('th')
      cell.scope = 'col'
      if (column.number) cell.className = 'number'
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = column.title
      button.addEventListener('click', () => this.#sortBy(column))
      cell.append(button)
      row.append(cell)
      this.#headings.push(cell)
    }
    this.#table.prepend(group)
  }

  #sortBy(column) {
    const { column: before, down } = this.#sort
    if (before !== column) this.#sort = { column, down: true }
    else this.#sort = down ? { column, down: false } : { column: undefined, down: true }
    this.#columns.forEach((one, index) => {
      const word = this.#sort.down ? 'descending' : 'ascending'
      if (one === this.#sort.column) this.#headings[index].setAttribute('aria-sort', word)
      else this.#headings[index].removeAttribute('aria-sort')
    })
    this.show(this.#all, this.#words)
  }

  #sorted(rows) {
    const { column, down } = this.#sort
    if (column === undefined) return rows
    const value = column.value ?? column.text
    const sign = down ? -1 : 1
    // What is not known comes last, whichever the direction.
    const known = rows.filter(row => isKnown(value(row)))
    const order = (a, b) =>
      typeof a === 'number' ? a - b : String(a).localeCompare(b, 'en', NATURAL)
    known.sort((a, b) => sign * order(value(a), value(b)))
    return [...known, ...rows.filter(row => !isKnown(value(row)))]
  }

  #draw() {
    const { scrollTop, clientHeight } = this.#parent
    const count = Math.ceil(clientHeight / ROW_PX) + 2 * BEYOND_SIGHT
    const last = Math.max(0, this.#rows.length - count)
    const first = Math.min(Math.max(0, Math.floor(scrollTop / ROW_PX) - BEYOND_SIGHT), last)
    const shown = this.#rows.slice(first, first + count)
    while (this.#elements.length < shown.length) this.#elements.push(this.#newElement())
    for (const element of this.#elements.splice(shown.length)) element.remove()
    shown.forEach((row, index) => {
      this.#fill(this.#elements[index], row)
      this.#elements[index].setAttribute('aria-rowindex', String(first + index + 2))
    })
    this.#above.style.height = `${first * ROW_PX}px`
    this.#below.style.height = `${(this.#rows.length - first - shown.length) * ROW_PX}px`
  }

  #newElement() {
    const element = this.#body.insertRow()
    for (const { number } of this.#columns) {
      const cell = element.insertCell()
      if (number) cell.className = 'number'
    }
    return element
  }

  #fill(element, row) {
    this.#columns.forEach((column, index) => {
      const cell = element.cells[index]
      if (column.draw) {
        column.draw(row, cell)
        return
      }
      const text = String(column.text(row) ?? '')
      if (cell.textContent !== text) {
        cell.textContent = text
        cell.title = text
      }
      cell.classList.toggle('bad', column.bad?.(row) ?? false)
    })
  }
}

const NATURAL = { numeric: true }

function isKnown(value) {
  return value !== null && value !== undefined && !Number.isNaN(value)
}

/** A row that stands for all those out of sight. */
function spacer(body, columns) {
  body.setAttribute('aria-hidden', 'true')
  const row = body.insertRow()
  row.className = 'spacer'
  row.insertCell().colSpan = columns
  return row
}
