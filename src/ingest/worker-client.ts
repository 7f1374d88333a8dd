/** The main thread's end of one ingest worker: requests out, answers in, by number. */
import { Worker } from 'node:worker_threads'
import type { ThresholdEvent } from '../flows/events.ts'
import type { SampleBatch } from '../flows/merge/batch.ts'
import { IncomingScrape, type WorkerScrape } from './incoming-scrape.ts'
import type { BoundSocket, FromWorker, ToWorker, WorkerData } from './messages.ts'

export interface WorkerEvents {
  /** Lines for the disk; answered by `durable` once they are there. */
  epochs(batch: number, text: string): void
  /** A threshold was crossed, just now. */
  event(event: ThresholdEvent): void
  /** Agents to ask for names of interfaces, `fresh` if some of these are new. */
  unnamed(agents: readonly string[], fresh: boolean): void
  /** Samples of flows over all agents. Their batch must be given back with `recycle`. */
  samples(batch: SampleBatch): void
  /** The drain driver does not work here; the ordinary one is used. */
  noDrain(reason: string): void
  /** The thread ended although nobody asked it to. */
  died(error: Error): void
}

type Waiting = { resolve(value: never): void; reject(error: Error): void }

export class WorkerClient {
  readonly #worker: Worker
  readonly #waiting = new Map<string, Waiting>()
  readonly #scrapes = new Map<number, IncomingScrape>()
  #ids = 0
  #stopping = false
  /** Why it is no more; undefined while it runs. */
  #ended: Error | undefined

  private constructor(worker: Worker, events: WorkerEvents) {
    this.#worker = worker
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'chunk') this.#scrapes.get(message.id)?.arrive(message)
      else if (message.kind === 'end') this.#endScrape(message.id)
      else if (message.kind === 'epochs') events.epochs(message.batch, message.text)
      else if (message.kind === 'event') events.event(message.event)
      else if (message.kind === 'unnamed') events.unnamed(message.agents, message.fresh)
      else if (message.kind === 'samples') events.samples(message.batch)
      else if (message.kind === 'no-drain') events.noDrain(message.reason)
      else this.#settle(message)
    })
    let fault: Error | undefined
    worker.on('error', error => {
      fault = error as Error
    })
    worker.on('exit', code => {
      const error = fault ?? new Error(`the ingest worker ended with status ${code}`)
      this.#ended = error
      for (const waiting of this.#waiting.values()) waiting.reject(error)
      this.#waiting.clear()
      for (const scrape of this.#scrapes.values()) scrape.fail(error)
      this.#scrapes.clear()
      if (!this.#stopping) events.died(error)
    })
  }

  /** Resolves when its sockets are bound; rejects with one line if they cannot be. */
  static async start(
    data: WorkerData,
    events: WorkerEvents,
  ): Promise<{ client: WorkerClient; sockets: readonly BoundSocket[] }> {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
      workerData: data,
      transferList: [...(data.companions?.ports.values() ?? [])],
    })
    const client = new WorkerClient(worker, events)
    const answer = await client.#wait<FromWorker>('start')
    if (answer.kind === 'listening') return { client, sockets: answer.sockets }
    client.#stopping = true
    await worker.terminate()
    throw new Error(answer.kind === 'failed' ? answer.message : 'the ingest worker did not start')
  }

  async scrape(): Promise<WorkerScrape> {
    const id = ++this.#ids
    const scrape = new IncomingScrape({
      taken: bytes => this.#send({ kind: 'next', id, bytes }, [bytes]),
      cancelled: () => {
        if (this.#scrapes.delete(id)) this.#send({ kind: 'cancel', id })
      },
    })
    this.#scrapes.set(id, scrape)
    this.#send({ kind: 'scrape', id })
    const answer = await this.#wait<FromWorker>(`totals ${id}`)
    if (answer.kind === 'totals') scrape.totals = answer.totals
    return scrape
  }

  async query(what: string, argument?: unknown): Promise<unknown> {
    const id = ++this.#ids
    this.#send({ kind: 'query', id, what, argument })
    const answer = await this.#wait<FromWorker>(`answer ${id}`)
    return answer.kind === 'answer' ? answer.answer : undefined
  }

  tell(
    message: Extract<
      ToWorker,
      { kind: 'configure' | 'durable' | 'disk-lost' | 'learn' | 'recall' }
    >,
  ): void {
    this.#send(message)
  }

  recycle({ numbers }: SampleBatch): void {
    this.#send({ kind: 'recycle', numbers }, [numbers.buffer])
  }

  /** Lets it close its sockets and hand over to other workers what is theirs. */
  async quiet(): Promise<void> {
    this.#stopping = true
    this.#send({ kind: 'quiet' })
    await this.#wait('quiet').catch(() => {})
  }

  /** Lets it close its sockets and hand over what is not on disk yet. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#send({ kind: 'stop' })
    await this.#wait('stopped').catch(() => {})
  }

  #send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #wait<T>(key: string): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(key, { resolve, reject } as Waiting)
    })
  }

  #endScrape(id: number): void {
    this.#scrapes.get(id)?.end()
    this.#scrapes.delete(id)
  }

  #settle(message: FromWorker): void {
    const key = keyOf(message)
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    waiting?.resolve(message as never)
  }
}

function keyOf(message: FromWorker): string {
  switch (message.kind) {
    case 'listening':
    case 'failed':
      return 'start'
    case 'totals':
      return `totals ${message.id}`
    case 'answer':
      return `answer ${message.id}`
    default:
      return message.kind
  }
}
