// What a thread of `vectorizeInThreads` runs: it makes its copies, and then waits for calls.
import process from 'node:process';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Env } from '../environments/env.ts';
import type { VectorEnv } from '../environments/vector-env.ts';
import { vectorize } from '../environments/vectorize.ts';
import {
  ANSWER,
  CALL,
  ENDED,
  STEPPED,
  TOLD,
  WAITING,
  filledRows,
  type Answer,
  type Call,
  type SharedRows,
  type ThreadTask,
} from './env-thread-calls.ts';

const { module, name, args, copies, signals, port } = workerData as ThreadTask;

// Whoever waits for this thread hears that it ends, unless it has no memory left to say so.
process.on('exit', () => {
  Atomics.compareExchange(signals, ANSWER, WAITING, ENDED);
  Atomics.notify(signals, ANSWER);
});

const env = await make();
if (env) await serve(env);

/** Says what was made, or why nothing was. Nobody waits for `signals` yet. */
async function make(): Promise<VectorEnv | undefined> {
  try {
    const makeEnv = (await functionOf(module, name)) as (...each: readonly unknown[]) => Env | Promise<Env>;
    const envs: Env[] = [];
    while (envs.length < copies) envs.push(await makeEnv(...args));
    const made = vectorize((i) => envs[i], copies);
    if (made.statistics !== undefined) {
      throw new RangeError(
        'wrappers that keep statistics belong around what vectorizeInThreads returns, not within threads',
      );
    }
    const spaces = { observationSpace: made.observationSpace.toJSON(), actionSpace: made.actionSpace.toJSON() };
    const maskSize = (made.actionMasks?.length ?? 0) / copies;
    port.postMessage({
      kind: 'made',
      made: { ...spaces, maxEpisodeSteps: made.maxEpisodeSteps, maskSize },
    } satisfies Answer);
    return made;
  } catch (error) {
    port.postMessage(failure(error));
    return undefined;
  }
}

/** The function that `module` exports under that name. */
async function functionOf(module: string, name: string): Promise<(...each: readonly unknown[]) => unknown> {
  const exports = (await import(module)) as Readonly<Record<string, unknown>>;
  const found = exports[name];
  if (typeof found === 'function') return found as (...each: readonly unknown[]) => unknown;
  const names = Object.keys(exports).join(', ') || 'nothing';
  throw new RangeError(`${module} exports ${names}; expected the function ${name} among it`);
}

/** Makes call after call until it is told to close. Nothing else happens in this thread meanwhile. */
async function serve(env: VectorEnv): Promise<void> {
  let rows: SharedRows | undefined;
  for (let calls = 0, isOpen = true; isOpen;) {
    // It may be woken late for a call that it saw before, and answered.
    while (Atomics.load(signals, CALL) === calls) Atomics.wait(signals, CALL, calls);
    calls = Atomics.load(signals, CALL);
    try {
      const call = receiveMessageOnPort(port)?.message as Call | undefined;
      let value: unknown;
      if (call?.kind === 'share') rows = call.rows;
      else if (call?.kind === 'reset') env.reset(call.options);
      else if (call?.kind === 'setState') env.setState(call.state);
      else if (call?.kind === 'close') env.close();
      else if (call?.kind === 'call') value = await (await functionOf(call.module, call.name))(env, call.argument);
      else if (!call && rows) env.step(rows.actions);
      if (rows) show(env, rows);
      isOpen = call?.kind !== 'close';
      if (!call) answer(STEPPED);
      else if (call.kind === 'call') tell({ kind: 'returned', value });
      else tell(call.kind === 'getState' ? { kind: 'state', state: env.getState() } : { kind: 'done' });
    } catch (error) {
      // As far as the call has come.
      if (rows) show(env, rows);
      tell(failure(error));
    }
  }
  port.close();
}

/** Copies what the last call led to into shared memory. */
function show(env: VectorEnv, rows: SharedRows): void {
  for (const row of filledRows) {
    const filled = env[row];
    if (filled) rows[row].set(filled);
  }
}

function tell(message: Answer): void {
  port.postMessage(message);
  answer(TOLD);
}

function answer(outcome: number): void {
  Atomics.store(signals, ANSWER, outcome);
  Atomics.notify(signals, ANSWER);
}

function failure(error: unknown): Answer {
  const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'failed', error: kind, message };
}
