/** A table whose rows are kept and changed in place. All text goes in by textContent. */

const ROWS_MAX = 200

export class LiveTable {
  #body
  #note
  #columns
  #rows = new Map()

  /** Columns: {title, number?, text(row), bad?(row), node?(row, cell)}. */
  constructor(parent, columns) {
    this.#columns = columns
    const table = document.createElement('table')
    const head = table.createTHead().insertRow()
    for (const { title, number } of columns) {
      const cell = document.createElement('th')
      cell.scope = 'col'
      cell.textContent = title
      if (number) cell.className = 'number'
      head.append(cell)
    }
    this.#body = table.createTBody()
    this.#note = document.createElement('p')
    this.#note.className = 'empty'
    parent.tabIndex = 0
    parent.append(table, this.#note)
  }

  /** Shows the rows that hold every word of the search, the first 200 of them. */
  show(rows, words) {
    const found = rows.filter(row => words.every(word => row.search.includes(word)))
    const shown = found.slice(0, ROWS_MAX)
    const keys = new Set(shown.map(row => row.key))
    for (const [key, element] of this.#rows) {
      if (keys.has(key)) continue
      element.remove()
      this.#rows.delete(key)
    }
    shown.forEach((row, index) => {
      const element = this.#rows.get(row.key) ?? this.#add(row.key)
      if (this.#body.children[index] !== element) {
        this.#body.insertBefore(element, this.#body.children[index] ?? null)
      }
      this.#fill(element, row)
    })
    const more = found.length - shown.length
    this.#note.textContent =
      more > 0 ? `and ${more} more: search to find them` : found.length ? '' : 'none'
  }

  #add(key) {
    const element = document.createElement('tr')
    for (const { number } of this.#columns) {
      const cell = element.insertCell()
      if (number) cell.className = 'number'
    }
    this.#rows.set(key, element)
    return element
  }

  #fill(element, row) {
    this.#columns.forEach((column, index) => {
      const cell = element.cells[index]
      if (column.node) {
        column.node(row, cell)
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
