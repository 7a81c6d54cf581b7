import {
  EnvError,
  Random,
  actionCounts,
  actionMaskSize,
  checkArguments,
  checkOptions,
  checkReward,
  checkValue,
  goalParts,
  havingMethods,
  leavesAction,
  naturalNumber,
  numbersOf,
  optional,
  positiveInteger,
  spawnSeed,
  valueText,
  type Env,
  type GoalRules,
  type Observation,
  type Space,
  type StepResult,
} from '@gradus/core';

/** How thoroughly to check. */
export interface CheckEnvOptions {
  /** Steps to take with random actions. Default 1000. */
  readonly steps?: number | undefined;
  /** Seeds the environment and the random actions. Default 0. */
  readonly seed?: number | undefined;
}

const somethingToStep = havingMethods('an environment (with reset and step)', 'reset', 'step');

/**
 * Plays `env` with random actions and throws an `EnvError` that names the first breach of the contract: observations outside their
 * space, rewards that are not finite numbers, flags that are not booleans, action masks that do not fit or leave no action, episodes
 * that differ though they were seeded alike, a state that does not bring back what followed it, goals that mean something else than its rewards. Returns nothing if all is well, and says on the console what it
 * costs where `getState` and `setState` are missing.
 * The random actions are any of the space, also those that a mask advises against: environments take them all.
 * Throws `RangeError` for options out of range.
 */
export function checkEnv(env: Env, options: CheckEnvOptions = {}): void {
  checkArguments('checkEnv', { env }, { env: somethingToStep });
  checkOptions('checkEnv', options, { steps: optional(positiveInteger), seed: optional(naturalNumber) });
  const { steps = 1000, seed = 0 } = options;
  checkSpace('observationSpace', env.observationSpace);
  checkSpace('actionSpace', env.actionSpace);
  if (env.actionSpace.kind === 'dict') {
    throw new EnvError(
      `actionSpace is ${env.actionSpace.toString()}, expected a Box, Discrete, MultiDiscrete or MultiBinary`,
    );
  }
  if (env.goalRules) goalParts(env.observationSpace);
  const run = (see: Witness): void => {
    reset(env, see, seed);
    play(env, steps, seed, see);
  };
  compareRuns(run, run, `two runs seeded with ${seed}`, 'reset({ seed }) must seed everything random');
  checkState(env, Math.min(steps, 100), seed);
}

/** What agents see of a reset, which has no reward and ends nothing, or of a step. */
interface Event {
  readonly observation: ArrayLike<number>;
  readonly reward?: number;
  readonly terminated?: boolean;
  readonly truncated?: boolean;
  readonly mask?: Uint8Array | undefined;
}

type Witness = (event: Event) => void;

function play(env: Env, steps: number, seed: number, see: Witness): void {
  // An environment of someone else's may draw from the same kind of generator.
  const random = new Random(seed).fork('actions');
  for (let step = 0; step < steps; step++) {
    const result = env.step(env.actionSpace.sample(random));
    checkResult(env, result);
    const { observation, reward, terminated, truncated } = result;
    const ended = terminated || truncated;
    see({
      observation: numbersOf(env.observationSpace, observation),
      reward,
      terminated,
      truncated,
      mask: readMask(env, 'step', ended),
    });
    if (ended) reset(env, see);
  }
}

function reset(env: Env, see: Witness, seed?: number): void {
  const result: unknown = env.reset({ seed });
  refusePromise('reset', result);
  if (!isRecord(result) || !('observation' in result)) {
    throw new EnvError(`reset returned ${describe(result)}, expected { observation }`);
  }
  checkObservation('reset', env.observationSpace, result.observation);
  // The check made sure of the type.
  const observation = numbersOf(env.observationSpace, result.observation as Observation);
  see({ observation, mask: readMask(env, 'reset', false) });
}

function refusePromise(method: string, result: unknown): void {
  if (!(result instanceof Promise)) return;
  throw new EnvError(`${method} returned a Promise, expected a result at once: it must not be async`);
}

/** The mask in which `ended` says that no action need be left; undefined where the environment has none. */
function readMask(env: Env, method: string, ended: boolean): Uint8Array | undefined {
  if (!env.actionMask) return undefined;
  const { actionSpace } = env;
  if (actionSpace.kind !== 'discrete' && actionSpace.kind !== 'multi-discrete') {
    throw new EnvError(`actionMask: expected Discrete or MultiDiscrete actions, got ${actionSpace.toString()}`);
  }
  const size = actionMaskSize(actionSpace);
  const mask: unknown = env.actionMask();
  if (!(mask instanceof Uint8Array) || mask.length !== size || mask.some((entry) => entry > 1)) {
    throw new EnvError(
      `actionMask after ${method} is ${describe(mask)}, expected a Uint8Array of ${size} zeros and ones`,
    );
  }
  if (!ended && !leavesAction(mask, actionCounts(actionSpace)))
    throw new EnvError(`actionMask after ${method} leaves no action`);
  return mask;
}

function checkResult(env: Env, result: unknown): void {
  refusePromise('step', result);
  if (!isRecord(result) || Array.isArray(result)) {
    throw new EnvError(`step returned ${describe(result)}, expected { observation, reward, terminated, truncated }`);
  }
  if ('done' in result && !('terminated' in result)) {
    throw new EnvError('step: `done` is `terminated`, or `truncated` where a time limit cut the episode off');
  }
  checkObservation('step', env.observationSpace, result.observation);
  checkReward('step: reward', result.reward);
  checkFlag('terminated', result.terminated);
  checkFlag('truncated', result.truncated);
  // The checks made sure of the types.
  if (env.goalRules) checkGoals(env, env.goalRules, result as unknown as StepResult);
}

function checkFlag(name: string, flag: unknown): void {
  if (typeof flag !== 'boolean') throw new EnvError(`step: ${name} is ${describe(flag)}, expected true or false`);
}

/** How far what `goalRules` say of an observation, which is float32, may be from the reward, relative to it where that is above 1. */
const REWARD_TOLERANCE = 1e-4;

function checkGoals(env: Env, goalRules: GoalRules, { observation, reward, terminated }: StepResult): void {
  const { achievedGoal, desiredGoal } = goalParts(env.observationSpace);
  const numbers = Float32Array.from(numbersOf(env.observationSpace, observation));
  const achieved = numbers.subarray(achievedGoal.start, achievedGoal.end);
  const desired = numbers.subarray(desiredGoal.start, desiredGoal.end);
  const rewards = new Float64Array(1);
  goalRules.computeRewards(achieved, desired, rewards);
  if (!(Math.abs(rewards[0] - reward) <= REWARD_TOLERANCE * Math.max(1, Math.abs(reward)))) {
    throw new EnvError(
      `goalRules: computeRewards gives ${rewards[0]} for the goals of the observation, after a step of reward ${reward}`,
    );
  }
  const ends = new Uint8Array(1);
  goalRules.computeTerminated?.(achieved, desired, ends);
  if (ends[0] === 1 && !terminated) {
    throw new EnvError(
      'goalRules: computeTerminated gives 1 for the goals of the observation, after a step without terminated',
    );
  }
}

function checkObservation(method: string, space: Space, observation: unknown): void {
  const problem = space.problem(observation);
  if (problem !== undefined) throw new EnvError(`${method}: observation ${problem}, by ${space.toString()}`);
  // A space without bounds has infinite members, but agents have no use for them; of the others no more can be said.
  if (space.kind === 'dict' || (space.kind === 'box' && space.dtype === 'float32'))
    checkValue(`${method}: observation`, space, observation as Observation);
}

function checkSpace(name: string, space: unknown): void {
  if (!isRecord(space) || typeof space.kind !== 'string' || typeof space.sample !== 'function') {
    throw new EnvError(`${name} is ${describe(space)}, expected a Box, Discrete, MultiDiscrete, MultiBinary or Dict`);
  }
}

function checkState(env: Env, steps: number, seed: number): void {
  if (!env.getState && !env.setState) {
    console.warn(
      'checkEnv: the environment has no getState and setState, which is allowed: an agent that learns in it is saved and loaded, but goes on with new ' +
        'episodes, not exactly as if it had not been interrupted, and one that learns from a replay buffer with an empty one',
    );
    return;
  }
  if (!env.getState || !env.setState) {
    throw new EnvError(`the environment has ${env.getState ? 'getState' : 'setState'} alone, expected both or neither`);
  }
  const see = (): void => undefined;
  reset(env, see, seed);
  play(env, steps, seed, see);
  const state = env.getState();
  const goOn = (witness: Witness): void => play(env, steps, spawnSeed(seed, 1), witness);
  const goBack = (witness: Witness): void => {
    env.setState?.(state);
    goOn(witness);
  };
  const what = 'the steps after getState and after setState';
  compareRuns(goOn, goBack, what, 'the state must hold everything that changes');
}

/** Throws unless both runs show the same. Of the first one only hashes are kept, so that runs may be long. */
function compareRuns(first: (see: Witness) => void, second: (see: Witness) => void, what: string, hint: string): void {
  const hashes: number[] = [];
  first((event) => hashes.push(hashEvent(event)));
  let index = 0;
  let step = 0;
  second((event) => {
    if (event.reward !== undefined) step++;
    if (hashEvent(event) === hashes[index++]) return;
    const method = event.reward === undefined ? 'a reset' : 'a step';
    throw new EnvError(
      `${what} differ: after ${step} steps, ${method} of the second run gave ${describe(event)}; ${hint}`,
    );
  });
}

/** One number, and the same in 32-bit words. */
const number = new Float64Array(1);
const words = new Int32Array(number.buffer);
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** 32 bits that are the same for the same event, and with near certainty others for another. */
function hashEvent({ observation, reward = 0, terminated, truncated, mask }: Event): number {
  let hash = (terminated ? 1 : 0) + (truncated ? 2 : 0);
  hash = addToHash(hash, reward);
  const { length } = observation;
  if (observation instanceof Float32Array) for (let i = 0; i < length; i++) hash = addFloatToHash(hash, observation[i]);
  else for (let i = 0; i < length; i++) hash = addToHash(hash, observation[i]);
  if (mask) for (const entry of mask) hash = addToHash(hash, entry);
  return hash;
}

function addToHash(hash: number, value: number): number {
  // Adding 0 makes −0 the 0 that it equals.
  number[0] = value + 0;
  return mix(mix(hash, words[0]), words[1]);
}

/** The same of a float32, whose bits are one word: pixels are many. */
function addFloatToHash(hash: number, value: number): number {
  float[0] = value + 0;
  return mix(hash, bits[0]);
}

/** Another word leads to another hash, and so does another hash: with a multiplier and a rotation of MurmurHash3 (Appleby, 2011). */
function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0xcc9e2d51);
  return (mixed << 15) | (mixed >>> 17);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A value in words. */
function describe(value: unknown): string {
  const plain = (entry: unknown): unknown => {
    if (ArrayBuffer.isView(entry)) return [...(entry as unknown as Iterable<unknown>)].map(plain);
    const isPlain = typeof entry !== 'bigint' && (typeof entry !== 'number' || Number.isFinite(entry));
    return isPlain ? entry : valueText(entry);
  };
  return JSON.stringify(value, (_, entry: unknown) => plain(entry)) ?? valueText(value);
}
