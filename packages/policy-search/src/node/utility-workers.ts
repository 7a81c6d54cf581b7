import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { checkOptions, positiveInteger, type OptionCheck } from '@gradus/core';

/** A utility that worker threads can load. */
export interface UtilityWorkersOptions {
  /** Where its module is: a URL, such as `new URL('./utility.js', import.meta.url)`, or one as text. */
  readonly module: string | { readonly href: string };
  /**
   * The export that is the utility: `(parameters: Float64Array, evaluation: number) => number | Promise<number>`, as `maximize` calls it. Each worker
   * loads the module once, so that what is slow to make, such as an environment, can be made beside the function. Default 'utility'.
   */
  readonly name?: string | undefined;
  /** Worker threads at most, each with one evaluation at a time. Default: one for each core. */
  readonly workers?: number | undefined;
}

const checks: { readonly [Name in keyof Required<UtilityWorkersOptions>]: OptionCheck } = {
  module: { expected: 'a URL', accepts: (value) => typeof value === 'string' && URL.canParse(value) },
  name: { expected: 'the name of an export', accepts: (value) => typeof value === 'string' },
  workers: positiveInteger,
};

/**
 * What a worker runs. JavaScript in a string, since Node loads no TypeScript: from the sources, too, it needs no build. What the utility returns is
 * checked where it arrives.
 */
const WORKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const loading = import(workerData.module);
  loading.catch(() => undefined);
  parentPort.on('message', async ({ parameters, evaluation }) => {
    try {
      const utility = (await loading)[workerData.name];
      if (typeof utility !== 'function') {
        throw new Error("expected a function as export '" + workerData.name + "', got " + typeof utility);
      }
      const value = await utility(parameters, evaluation);
      if (typeof value !== 'number') throw new Error('expected a number, got ' + typeof value);
      parentPort.postMessage({ value });
    } catch (error) {
      parentPort.postMessage({ failed: error instanceof Error ? error.message : String(error) });
    }
  });
`;

/** What a worker answers. */
type Answer = { readonly value: number } | { readonly failed: string };

/** An evaluation that was asked for. */
interface Job {
  readonly parameters: Float64Array;
  readonly evaluation: number;
  readonly resolve: (utility: number) => void;
  readonly reject: (error: Error) => void;
}

/** Worker threads that evaluate a utility: for loops over `ask` and `tell` of one's own; `maximizeInWorkers` is the usual one. */
export class UtilityWorkers {
  private readonly module: string;
  private readonly name: string;
  private readonly limit: number;
  private readonly waiting: Job[] = [];
  private readonly idle: Worker[] = [];
  private readonly running = new Map<Worker, Job>();
  /** Those that have not ended. */
  private readonly all = new Set<Worker>();
  private closed = false;

  /** Throws `RangeError` for an unknown option or a wrong one. Workers are started when they are first needed. */
  constructor(options: UtilityWorkersOptions) {
    const { name = 'utility', workers = availableParallelism() } = options;
    const module = typeof options.module === 'object' ? options.module.href : options.module;
    checkOptions<Required<UtilityWorkersOptions>>('UtilityWorkers', { ...options, module, name, workers }, checks);
    this.module = module;
    this.name = name;
    this.limit = workers;
  }

  /**
   * The utility of `parameters`; it waits while all workers are busy. Rejects with an `Error` that names the evaluation when the module cannot be loaded
   * or the utility throws, returns no number, or takes its worker down, and when the workers are closed before it is done. A worker that was lost is
   * replaced by a new one.
   */
  evaluate(parameters: Float64Array, evaluation: number): Promise<number> {
    if (this.closed) return Promise.reject(failure(evaluation, 'the workers are closed'));
    return new Promise((resolve, reject) => {
      // A copy: the row belongs to the search, and a message would carry the whole buffer around it.
      this.waiting.push({ parameters: parameters.slice(), evaluation, resolve, reject });
      this.assign();
    });
  }

  private assign(): void {
    while (this.idle.length > 0 || this.running.size < this.limit) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      const worker = this.idle.pop() ?? this.start();
      this.running.set(worker, job);
      worker.ref();
      worker.postMessage({ parameters: job.parameters, evaluation: job.evaluation });
    }
  }

  private start(): Worker {
    const { module, name } = this;
    // Conditions of this process, such as those that find TypeScript sources, are not for what was built.
    const worker = new Worker(WORKER, { eval: true, execArgv: [], workerData: { module, name } });
    this.all.add(worker);
    worker.on('message', (answer: Answer) => {
      const job = this.take(worker);
      // A process may end while workers have nothing to do.
      worker.unref();
      this.idle.push(worker);
      if (job !== undefined) {
        if ('value' in answer) job.resolve(answer.value);
        else job.reject(failure(job.evaluation, answer.failed));
      }
      this.assign();
    });
    worker.on('error', (error: unknown) => this.lose(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', (status) => {
      this.all.delete(worker);
      this.lose(worker, `it ended with status ${status}`);
    });
    return worker;
  }

  /** The worker is of no use any more; `reason` in a few words. */
  private lose(worker: Worker, reason: string): void {
    const index = this.idle.indexOf(worker);
    if (index !== -1) this.idle.splice(index, 1);
    const job = this.take(worker);
    job?.reject(failure(job.evaluation, this.closed ? 'the workers were closed' : `its worker was lost: ${reason}`));
    if (!this.closed) this.assign();
  }

  private take(worker: Worker): Job | undefined {
    const job = this.running.get(worker);
    this.running.delete(worker);
    return job;
  }

  /** Ends the workers, and what they are at. */
  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.waiting.splice(0)) job.reject(failure(job.evaluation, 'the workers were closed'));
    await Promise.all([...this.all].map((worker) => worker.terminate()));
  }
}

function failure(evaluation: number, reason: string): Error {
  return new Error(`utility, evaluation ${evaluation}: ${reason}`);
}
