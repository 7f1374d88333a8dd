/** One of our readings under a name that people know from another exporter. */
export interface Compat {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'untyped'
  readonly help: string
  /** Our reading, by metric name and its own labels. */
  readonly from: string
  /** Others of ours that are added to it, those that the agent tells. */
  readonly plus?: readonly string[]
  readonly convert?: (value: number) => number
  readonly labels?: Readonly<Record<string, string>>
  /** A sum over all cores: shown as so many equal cores, so that counts and means over `cpu` are right. */
  readonly perCore?: boolean
}

/** One data source as the workers describe it. */
export interface DescribedSource {
  readonly ifIndex?: number | undefined
  readonly ifType?: number | undefined
  readonly name: string
  readonly host?: string | undefined
  readonly alias?: string | undefined
  readonly system?: { readonly os: string; readonly release: string; readonly machine: string }
  readonly lastSeenMs: number
  /** By metric name and its own labels. */
  readonly readings: Readonly<Record<string, number>>
}
