import { EnvError, Random, type Env, type Space, type SpaceValue } from '@gradus/core';

/** How thoroughly to check. */
export interface CheckEnvOptions {
  /** Steps to take with random actions. Default 1000. */
  readonly steps?: number | undefined;
  /** Seeds the environment and the random actions. Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Plays `env` with random actions and throws an `EnvError` that names the first breach of the contract: observations outside their
 * space, rewards that are not finite numbers, flags that are not booleans, episodes that differ though they were seeded alike, a
 * state that does not bring back what followed it. Returns nothing if all is well.
 */
export function checkEnv(env: Env, { steps = 1000, seed = 0 }: CheckEnvOptions = {}): void {
  checkSpace('observationSpace', env.observationSpace);
  checkSpace('actionSpace', env.actionSpace);
  const first = play(env, steps, seed);
  const second = play(env, steps, seed);
  compare(first, second, `two runs seeded with ${seed}`, 'reset({ seed }) must seed everything random');
  checkState(env, Math.min(steps, 100), seed);
}

/** What a run showed, in words: the observation of each reset, and of each step all that agents see. */
type Trace = string[];

function play(env: Env, steps: number, seed: number): Trace {
  const random = new Random(seed);
  return continueRun(env, steps, random, [reset(env, seed)]);
}

function continueRun(env: Env, steps: number, random: Random, trace: Trace): Trace {
  for (let step = 0; step < steps; step++) {
    const result = env.step(env.actionSpace.sample(random));
    checkResult(env, result);
    const { observation, reward, terminated, truncated } = result;
    trace.push(describe({ observation, reward, terminated, truncated }));
    if (result.terminated || result.truncated) trace.push(reset(env));
  }
  return trace;
}

function reset(env: Env, seed?: number): string {
  const result: unknown = env.reset({ seed });
  if (!isRecord(result) || !('observation' in result)) {
    throw new EnvError(`reset returned ${describe(result)}, expected { observation }`);
  }
  checkObservation('reset', env.observationSpace, result.observation);
  return describe(result.observation);
}

function checkResult(env: Env, result: unknown): void {
  if (!isRecord(result)) {
    throw new EnvError(`step returned ${describe(result)}, expected { observation, reward, terminated, truncated }`);
  }
  checkObservation('step', env.observationSpace, result.observation);
  if (!Number.isFinite(result.reward)) {
    throw new EnvError(`step: reward is ${describe(result.reward)}, expected a finite number`);
  }
  for (const flag of ['terminated', 'truncated']) {
    if (typeof result[flag] !== 'boolean') {
      throw new EnvError(`step: ${flag} is ${describe(result[flag])}, expected true or false`);
    }
  }
}

function checkObservation(method: string, space: Space, observation: unknown): void {
  const problem = space.problem(observation);
  if (problem !== undefined) throw new EnvError(`${method}: observation ${problem}, by ${space.toString()}`);
}

function checkSpace(name: string, space: unknown): void {
  if (!isRecord(space) || typeof space.kind !== 'string' || typeof space.sample !== 'function') {
    throw new EnvError(`${name} is ${describe(space)}, expected a Box, Discrete or MultiDiscrete`);
  }
}

function checkState(env: Env, steps: number, seed: number): void {
  if (!env.getState && !env.setState) return;
  if (!env.getState || !env.setState) {
    throw new EnvError(`the environment has ${env.getState ? 'getState' : 'setState'} alone, expected both or neither`);
  }
  reset(env, seed);
  continueRun(env, steps, new Random(seed), []);
  const state = env.getState();
  const first = continueRun(env, steps, new Random(seed + 1), []);
  env.setState(state);
  const second = continueRun(env, steps, new Random(seed + 1), []);
  compare(first, second, 'the steps after getState and after setState', 'the state must hold everything that changes');
}

function compare(first: Trace, second: Trace, what: string, hint: string): void {
  first.forEach((entry, index) => {
    if (entry !== second[index]) throw new EnvError(`${what} differ: ${entry} and ${second[index]}; ${hint}`);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Values in words; equal exactly when the values are. */
function describe(value: unknown): string {
  const plain = (entry: unknown): unknown => {
    if (ArrayBuffer.isView(entry)) return [...(entry as unknown as Iterable<SpaceValue>)].map(plain);
    return typeof entry === 'number' && !Number.isFinite(entry) ? String(entry) : entry;
  };
  return JSON.stringify(value, (_, entry: unknown) => plain(entry)) ?? String(value);
}
