import { availableParallelism } from 'node:os';
import {
  MessageChannel,
  Worker,
  receiveMessageOnPort,
  type MessagePort,
  type WorkerOptions,
} from 'node:worker_threads';
import { checkArguments, checkOptions, optional, positiveInteger, positiveNumber } from '@gradus/tensor';
import { aList, numberList, text } from '../options/argument-checks.ts';
import { isTypedArray, readState, readStates, type StateDict } from '../checkpoints/state.ts';
import { checkActions } from '../environments/check-values.ts';
import { copySeedsOf } from '../environments/reset-options.ts';
import { VectorBuffers } from '../environments/vector-buffers.ts';
import type { EnvThreads, VectorEnv, VectorResetOptions } from '../environments/vector-env.ts';
import { EnvError } from '../errors.ts';
import { copySeeds } from '../random/seed-sequence.ts';
import { spaceFromJson } from '../spaces/space-from-json.ts';
import { createActions, type ActionArray, type Space } from '../spaces/spaces.ts';
import {
  ANSWER,
  CALL,
  STEPPED,
  TOLD,
  WAITING,
  filledRows,
  type Answer,
  type Call,
  type MadeEnvs,
  type SharedRows,
  type ThreadTask,
} from './env-thread-calls.ts';

/** How a thread makes an environment: it imports a module and calls a function in it. */
export interface EnvModule {
  /** An absolute URL, as of `import.meta.resolve('@gradus/envs/box2d')` or `new URL('./my-env.js', import.meta.url)`. */
  readonly module: string | { readonly href: string };
  /** The name of the function that the module exports, which returns an environment or a promise of one. */
  readonly name: string;
  /** What it is called with: whatever a message can carry. Default: nothing. */
  readonly args?: readonly unknown[] | undefined;
}

/** How environments are divided among threads. */
export interface ThreadsOptions {
  /** Default: one for each core, but no more than there are copies. */
  readonly threads?: number | undefined;
  /** Seconds that a call may take, and making the copies: a thread that hangs or has run out of memory is an error after them. Default 600. */
  readonly timeout?: number | undefined;
  /** Node's options for the threads, such as `--import` of a loader. Default: those of this process, or none where it runs no file. */
  readonly execArgv?: readonly string[] | undefined;
}

const optionChecks = {
  threads: optional(positiveInteger),
  timeout: optional(positiveNumber),
  execArgv: optional(aList),
};
const sourceChecks = {
  module: {
    expected: 'the absolute URL of a module',
    accepts: (value: unknown) => {
      const url: unknown = typeof value === 'object' && value !== null && 'href' in value ? value.href : value;
      return typeof url === 'string' && URL.canParse(url);
    },
  },
  name: text,
  args: optional(aList),
};

/**
 * `vectorize` for environments that take long: `n` copies, made and stepped in threads of their own while this one waits. They lead to the same numbers as
 * `vectorize` does, for any number of threads, and a state of the one is a state of the other. It pays where a step takes some 100 µs or more: waking and
 * waiting cost 50 µs a step of all copies, which lasts as long as the slowest thread's, and V8 compiles the same code in each thread during the first seconds.
 * Copies cannot be drawn and have no `goalRules`, and wrappers with statistics belong around all of them.
 * Rejects with `RangeError` for arguments out of range, and `EnvError` where a thread cannot make its copies. Calls then throw as those of `vectorize` do,
 * and `EnvError` where a thread has ended or takes too long. Threads end with `close`, and with the process.
 */
export async function vectorizeInThreads(
  source: EnvModule,
  n: number,
  options: ThreadsOptions = {},
): Promise<VectorEnv> {
  checkArguments('vectorizeInThreads', { n }, { n: positiveInteger });
  checkOptions<EnvModule>('vectorizeInThreads', source, sourceChecks);
  checkOptions('vectorizeInThreads', options, optionChecks);
  const { threads = availableParallelism(), timeout = 600, execArgv } = options;
  const count = Math.min(threads, n);
  const all = Array.from({ length: count }, (_, i) => {
    const [start, end] = [i, i + 1].map((k) => Math.floor((k * n) / count));
    return new EnvThread(source, start, end, timeout, execArgv);
  });
  // All of them, also where one has failed: a thread that is ended while it loads modules may take the process with it (Node 20).
  const outcomes = await Promise.allSettled(all.map((thread) => thread.made));
  try {
    const made = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    return new ThreadedEnvs(all, n, made);
  } catch (error) {
    for (const thread of all) thread.terminate();
    throw error;
  }
}

/** One thread, which has the copies from `start` to before `end`. */
class EnvThread {
  readonly start: number;
  readonly end: number;
  /** Settles when the thread has made its copies, or could not. */
  readonly made: Promise<MadeEnvs>;
  private readonly timeout: number;
  /** Why nothing more can be asked of the thread. */
  private lost: string | undefined;
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly signals = new Int32Array(new SharedArrayBuffer(8));

  constructor(source: EnvModule, start: number, end: number, timeout: number, execArgv?: readonly string[]) {
    this.start = start;
    this.end = end;
    this.timeout = timeout;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const task: ThreadTask = {
      module: typeof source.module === 'string' ? source.module : source.module.href,
      name: source.name,
      args: source.args ?? [],
      copies: end - start,
      signals: this.signals,
      port: port2,
    };
    // Threads of this package's own sources run what was built of them.
    const built = import.meta.url.endsWith('.ts') ? '../../dist/node/env-thread.js' : './env-thread.js';
    this.worker = new Worker(new URL(built, import.meta.url), {
      workerData: task,
      transferList: [port2],
      ...threadOptions(execArgv),
    });
    this.made = this.whenMade();
  }

  /** Makes a call, which is a step if it is none of the others; `answered` waits for what comes of it. */
  call(call?: Call): void {
    if (this.lost !== undefined) return;
    if (call) this.port.postMessage(call);
    Atomics.store(this.signals, ANSWER, WAITING);
    Atomics.add(this.signals, CALL, 1);
    Atomics.notify(this.signals, CALL);
  }

  /** What has become of the call: nothing more to say of a step. */
  answered(): Exclude<Answer, { kind: 'failed' }> | undefined {
    if (this.lost !== undefined) throw this.failure(this.lost);
    // The thread's word about an earlier answer may come late and wake this one too early.
    const deadline = performance.now() + 1000 * this.timeout;
    let outcome;
    do {
      Atomics.wait(this.signals, ANSWER, WAITING, Math.max(0, deadline - performance.now()));
      outcome = Atomics.load(this.signals, ANSWER);
    } while (outcome === WAITING && performance.now() < deadline);
    if (outcome === STEPPED) return undefined;
    if (outcome === TOLD) {
      const answer = receiveMessageOnPort(this.port)?.message as Answer;
      if (answer.kind === 'failed') throw this.failure(answer.message, answer.error);
      return answer;
    }
    this.lost = outcome === WAITING ? `their thread has not answered for ${this.timeout} s` : 'their thread has ended';
    this.terminate();
    throw this.failure(this.lost);
  }

  terminate(): void {
    void this.worker.terminate();
    this.port.close();
  }

  private async whenMade(): Promise<MadeEnvs> {
    let timer;
    try {
      return await new Promise<MadeEnvs>((resolve, reject) => {
        const hear = (answer: Answer): void => {
          if (answer.kind === 'made') resolve(answer.made);
          else if (answer.kind === 'failed') reject(this.failure(answer.message));
        };
        this.port.once('message', hear);
        this.worker.once('error', (error: Error) => reject(this.failure(error.message)));
        const late = (): void => reject(this.failure(`were not made within ${this.timeout} s`));
        timer = setTimeout(late, 1000 * this.timeout);
        this.worker.once('exit', (status) => {
          // Node may tell that a thread has ended before it hands over what the thread said last.
          const last = receiveMessageOnPort(this.port);
          if (last) hear(last.message as Answer);
          reject(this.failure(`their thread ended with status ${status}`));
        });
      });
    } finally {
      clearTimeout(timer);
      this.port.removeAllListeners();
      this.worker.removeAllListeners();
      // There is nobody to tell but those who wait for an answer, and they are told.
      this.worker.on('error', () => undefined);
      this.port.unref();
      this.worker.unref();
    }
  }

  /** The error of what a thread says of its copies, of its own kind where that is a `RangeError`. */
  private failure(message: string, kind = 'EnvError'): Error {
    // Threads count their copies from 0.
    const counted = message.replace(
      /\benvironment (\d+)\b/g,
      (_, i: string) => `environment ${this.start + Number(i)}`,
    );
    const text = `environments ${this.start} to ${this.end - 1}: ${counted}`;
    return kind === 'RangeError' ? new RangeError(text) : new EnvError(text);
  }
}

class ThreadedEnvs extends VectorBuffers implements VectorEnv {
  readonly actionMasks?: Uint8Array | undefined;
  readonly maxEpisodeSteps?: number | undefined;
  readonly envThreads: EnvThreads;
  private readonly threads: readonly EnvThread[];
  private readonly shared: readonly SharedRows[];
  private started = false;
  private closed = false;

  constructor(threads: readonly EnvThread[], n: number, made: readonly MadeEnvs[]) {
    const [first] = made;
    const other = made.findIndex((each) => JSON.stringify(each) !== JSON.stringify(first));
    if (other > 0) {
      throw new EnvError(
        `vectorizeInThreads: expected all copies to be alike, got ${JSON.stringify(first)} and ${JSON.stringify(made[other])}`,
      );
    }
    super(spaceFromJson(first.observationSpace), spaceFromJson(first.actionSpace), n);
    this.threads = threads;
    this.maxEpisodeSteps = first.maxEpisodeSteps;
    if (first.maskSize > 0) this.actionMasks = new Uint8Array(n * first.maskSize);
    this.shared = threads.map(({ start, end }) =>
      shareRows(this.observationSpace, this.actionSpace, first.maskSize, end - start),
    );
    this.callAll((_, i) => ({ kind: 'share', rows: this.shared[i] }));
    this.envThreads = {
      starts: threads.map(({ start }) => start),
      call: (module, name, argumentOf) => this.callFunctions(module, name, argumentOf),
    };
  }

  reset(resetOptions: VectorResetOptions = {}): void {
    const seeds = copySeeds(copySeedsOf(resetOptions), this.numEnvs);
    this.callAll(({ start, end }) => {
      const seed = seeds.slice(start, end);
      return {
        kind: 'reset',
        options: { ...resetOptions, seed: numberList.accepts(seed) ? (seed as number[]) : undefined },
      };
    });
    this.readRows();
    this.clearBuffers();
    this.started = true;
  }

  step(actions: ActionArray): void {
    if (!this.started) throw new EnvError('step: no episode was begun, expected a call of reset first');
    checkActions(this.actionSpace, actions, this.numEnvs);
    const { size } = this.actionSpace;
    this.threads.forEach(({ start, end }, i) => this.shared[i].actions.set(actions.subarray(start * size, end * size)));
    try {
      this.callAll(() => undefined);
    } finally {
      // Some copies may have been stepped where another one failed.
      this.readRows();
    }
  }

  close(): void {
    if (this.closed) return;
    try {
      this.callAll(() => ({ kind: 'close' }));
    } finally {
      this.closed = true;
      for (const thread of this.threads) thread.terminate();
    }
  }

  getState(): StateDict {
    const states = this.callAll(() => ({ kind: 'getState' })).map((answer) =>
      answer?.kind === 'state' ? answer.state : {},
    );
    const envs = states.flatMap((state, i) => {
      const { start, end } = this.threads[i];
      return readStates(state, 'envs', end - start);
    });
    return { buffers: this.getBuffersState(), envs };
  }

  setState(state: StateDict): void {
    const envs = readStates(state, 'envs', this.numEnvs);
    const buffers = readState(state, 'buffers');
    // Before any thread's copies are changed.
    this.setBuffersState(buffers);
    this.callAll(({ start, end }) => ({
      kind: 'setState',
      state: { buffers: partOf(buffers, start, end, this.numEnvs), envs: envs.slice(start, end) },
    }));
    this.readRows();
    this.started = true;
  }

  private callFunctions(module: string, name: string, argumentOf: (thread: number) => unknown): unknown[] {
    try {
      const answers = this.callAll((_, i) => ({ kind: 'call', module, name, argument: argumentOf(i) }));
      return answers.map((answer) => (answer?.kind === 'returned' ? answer.value : undefined));
    } finally {
      // Copies may have been stepped where another one failed.
      this.readRows();
    }
  }

  /** Makes a call in every thread, and waits for all. Throws the first failure, in the order of threads. */
  private callAll(callOf: (thread: EnvThread, index: number) => Call | undefined): ReturnType<EnvThread['answered']>[] {
    if (this.closed) throw new EnvError('the environments were closed');
    const calls = this.threads.map(callOf);
    // Throws for what no message can carry before any thread has been called.
    if (calls[0]) structuredClone(calls);
    this.threads.forEach((thread, i) => thread.call(calls[i]));
    const failures: unknown[] = [];
    const answers = this.threads.map((thread) => {
      try {
        return thread.answered();
      } catch (error) {
        failures.push(error);
        return undefined;
      }
    });
    if (failures.length > 0) throw failures[0];
    return answers;
  }

  private readRows(): void {
    this.threads.forEach(({ start }, i) => {
      for (const name of filledRows) {
        const rows = this.shared[i][name];
        const width = rows.length / this.shared[i].rewards.length;
        this[name]?.set(rows, start * width);
      }
    });
  }
}

/** Node's options for a thread: `execArgv`, or those of the process, which are inherited where they are not named. */
function threadOptions(execArgv: readonly string[] | undefined): WorkerOptions {
  if (execArgv) return { execArgv: [...execArgv] };
  // A thread runs a file, for which this option is wrong.
  return process.execArgv.some((option) => option.startsWith('--input-type')) ? { execArgv: [] } : {};
}

function shareRows(observationSpace: Space, actionSpace: Space, maskSize: number, n: number): SharedRows {
  const float32 = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
  const float64 = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(8 * length));
  const int32 = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));
  const uint8 = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
  const isReal = createActions(actionSpace, 0) instanceof Float32Array;
  return {
    actions: (isReal ? float32 : int32)(n * actionSpace.size),
    observations: float32(n * observationSpace.size),
    finalObservations: float32(n * observationSpace.size),
    rewards: float64(n),
    terminated: uint8(n),
    truncated: uint8(n),
    episodeReturns: float64(n),
    episodeLengths: int32(n),
    actionMasks: uint8(n * maskSize),
  };
}

/** Of arrays with a row for each of `n` copies, the rows of some. */
function partOf(buffers: StateDict, start: number, end: number, n: number): StateDict {
  return Object.fromEntries(
    Object.entries(buffers).flatMap(([name, rows]) => {
      if (!isTypedArray(rows)) return [];
      const width = rows.length / n;
      return [[name, rows.slice(start * width, end * width)]];
    }),
  );
}
