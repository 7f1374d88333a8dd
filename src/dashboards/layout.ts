/**
 * Where panels lie: side by side by their widths, row below row. The SDK leaves room for the panels
 * of collapsed rows, which Grafana shows as holes.
 */
import type { Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'

const COLUMNS = 24

/** Gives every panel its place; widths and heights stay as they are. */
export function placed(all: readonly (Panel | RowPanel)[]): void {
  const pen = { x: 0, y: 0, rowHeight: 0 }
  for (const one of all) {
    if (!('panels' in one)) {
      put(one, pen)
      continue
    }
    pen.y += pen.rowHeight
    pen.x = 0
    pen.rowHeight = 0
    one.gridPos = { x: 0, y: pen.y, w: COLUMNS, h: 1 }
    pen.y += 1
    // Where they will be once the row is opened.
    const inside = { ...pen }
    for (const panel of one.panels) put(panel, inside)
  }
}

function put(panel: Panel, pen: { x: number; y: number; rowHeight: number }): void {
  const { w = COLUMNS, h = 8 } = panel.gridPos ?? {}
  if (pen.x + w > COLUMNS) {
    pen.x = 0
    pen.y += pen.rowHeight
    pen.rowHeight = 0
  }
  panel.gridPos = { x: pen.x, y: pen.y, w, h }
  pen.x += w
  pen.rowHeight = Math.max(pen.rowHeight, h)
}
