import { checkArguments, naturalNumber, positiveInteger, valueText } from '@gradus/tensor';
import { aRandomSource, aReplayedEnv, anObject } from '../options/argument-checks.ts';
import { checkFiniteRows, checkRewards } from '../environments/check-float32.ts';
import { checkKeptActions } from '../environments/check-values.ts';
import { checkOutcome, checkRows } from '../environments/check-rows.ts';
import { actionMaskSize } from '../environments/dynamics.ts';
import { gatherRows, type NumberArray } from './gather-rows.ts';
import type { Random } from '../random/random.ts';
import { generalizedAdvantageEstimation } from './returns.ts';
import { createActions, type ActionArray, type Space } from '../spaces/spaces.ts';
import type { StepOutcome, VectorEnv } from '../environments/vector-env.ts';

/** Where `gather` copies a minibatch to, [rows] or [rows × size]; what is not given is not copied. */
export interface RolloutBatch {
  readonly observations?: NumberArray;
  readonly actions?: NumberArray;
  readonly logProbabilities?: NumberArray;
  readonly values?: NumberArray;
  readonly advantages?: NumberArray;
  readonly returns?: NumberArray;
  /** [rows × number of actions] */
  readonly actionMasks?: NumberArray;
  /** [rows]: 1 where an episode starts; 0 in a round's first step, where `memories` say it. */
  readonly episodeStarts?: NumberArray;
  /** [sequences × memorySize]: what the policy remembered before the first step of each sequence. */
  readonly memories?: NumberArray;
}

/**
 * The experience of `steps` steps of n environments, [steps × n] in that order, for algorithms that learn from fresh
 * rollouts. One round:
 *
 *     buffer.clear();
 *     for each step:
 *       buffer.beginStep(env.observations, actions, logProbabilities, values);
 *       env.step(actions);
 *       buffer.endStep(env);
 *       if (env.truncated.includes(1)) buffer.bootstrap(valuesOf(env.finalObservations));
 *     buffer.finish(valuesOf(env.observations), gamma, gaeLambda);
 *     buffer.shuffle(random);
 *     for each minibatch: buffer.gather(start, end, update.inputs);
 */
export class RolloutBuffer {
  readonly steps: number;
  readonly numEnvs: number;
  /** steps × n. */
  readonly size: number;
  readonly observationSize: number;
  readonly actionSize: number;
  /** [size × observation size]: what the actions were chosen on. */
  readonly observations: Float32Array;
  /** [size × action size] */
  readonly actions: ActionArray;
  /** Where the environment has masks: which actions were legal, [size × number of actions]. */
  readonly actionMasks: Uint8Array;
  /** log π(a|s) when the action was chosen. */
  readonly logProbabilities: Float32Array;
  readonly rewards: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** 1 where an episode started with the step; 0 in the first step. */
  readonly episodeStarts: Uint8Array;
  /** What the policy remembered before each step, [size × memorySize]: zeros where an episode started with it. */
  readonly memories: Float32Array;
  /** v(s) when the action was chosen. */
  readonly values: Float32Array;
  /** v(s′) of the state that each action led to; complete after `finish`. */
  readonly nextValues: Float32Array;
  /** Filled by `finish`. */
  readonly advantages: Float32Array;
  /** advantages + values, the targets of the value function; filled by `finish`. */
  readonly returns: Float32Array;
  private readonly actionSpace: Space;
  private readonly maskSize: number;
  private readonly memorySize: number;
  private readonly order: Uint32Array;
  private sequenceLength = 1;
  private position = 0;

  /** `memorySize`: numbers that the policy remembers of an episode. Throws `RangeError` unless `steps` is a positive integer. */
  constructor(
    env: Pick<VectorEnv, 'numEnvs' | 'observationSpace' | 'actionSpace' | 'actionMasks'>,
    steps: number,
    memorySize = 0,
  ) {
    checkArguments(
      'RolloutBuffer',
      { env, steps, memorySize },
      { env: aReplayedEnv, steps: positiveInteger, memorySize: naturalNumber },
    );
    this.steps = steps;
    this.numEnvs = env.numEnvs;
    this.size = steps * env.numEnvs;
    this.observationSize = env.observationSpace.size;
    this.actionSpace = env.actionSpace;
    this.actionSize = env.actionSpace.size;
    this.observations = new Float32Array(this.size * this.observationSize);
    this.actions = createActions(env.actionSpace, this.size);
    this.maskSize = env.actionMasks ? actionMaskSize(env.actionSpace) : 0;
    this.actionMasks = new Uint8Array(this.size * this.maskSize);
    this.logProbabilities = new Float32Array(this.size);
    this.rewards = new Float32Array(this.size);
    this.terminated = new Uint8Array(this.size);
    this.truncated = new Uint8Array(this.size);
    this.episodeStarts = new Uint8Array(this.size);
    this.memorySize = memorySize;
    this.memories = new Float32Array(this.size * memorySize);
    this.values = new Float32Array(this.size);
    this.nextValues = new Float32Array(this.size);
    this.advantages = new Float32Array(this.size);
    this.returns = new Float32Array(this.size);
    this.order = new Uint32Array(this.size);
  }

  /** Whether all steps are recorded. */
  get full(): boolean {
    return this.position === this.steps;
  }

  /** Forgets everything, to record anew. Until `shuffle` is called, rows are in the order in which they were recorded. */
  clear(): void {
    this.position = 0;
    this.sequenceLength = 1;
    for (let k = 0; k < this.size; k++) this.order[k] = k;
  }

  /**
   * Records what was seen and chosen, before the environments step; `logProbabilities` and `actionMasks` may be empty, where nobody will
   * ask for them.
   * Throws `RangeError` when full, and `EnvError` for numbers that are not finite, and for discrete actions that are not in their space.
   */
  beginStep(
    observations: Float32Array,
    actions: ArrayLike<number>,
    logProbabilities: ArrayLike<number>,
    values: ArrayLike<number>,
    actionMasks: ArrayLike<number> = none,
    memories: ArrayLike<number> = none,
  ): void {
    if (this.full)
      throw new RangeError(`RolloutBuffer: expected at most ${this.steps} steps before clear, got one more`);
    const { numEnvs, maskSize, memorySize } = this;
    checkRows('observations', observations, numEnvs, this.observationSize);
    checkRows('actions', actions, numEnvs, this.actionSize);
    checkRows('values', values, numEnvs, 1);
    checkRows('logProbabilities', logProbabilities, isEmpty(logProbabilities) ? 0 : numEnvs, 1);
    if (actionMasks !== none) checkRows('actionMasks', actionMasks, isEmpty(actionMasks) ? 0 : numEnvs, maskSize);
    if (memories !== none) checkRows('memories', memories, isEmpty(memories) ? 0 : numEnvs, memorySize);
    checkFiniteRows('observation', observations, this.observationSize);
    checkKeptActions(this.actionSpace, actions);
    checkFiniteRows('log-probability', logProbabilities, 1);
    checkFiniteRows('value', values, 1);
    const row = this.position * this.numEnvs;
    this.observations.set(observations, row * this.observationSize);
    this.actions.set(actions, row * this.actionSize);
    // A loop, since `set` takes longer than copying a number for each environment.
    for (let i = 0; i < logProbabilities.length; i++) this.logProbabilities[row + i] = logProbabilities[i];
    for (let i = 0; i < numEnvs; i++) this.values[row + i] = values[i];
    if (maskSize > 0) this.actionMasks.set(actionMasks, row * maskSize);
    if (memorySize > 0) this.memories.set(memories, row * memorySize);
  }

  /** Records what came of it, after the environments stepped. Throws `EnvError`, and records nothing, for a reward that is not finite. */
  endStep(outcome: Pick<StepOutcome, 'rewards' | 'terminated' | 'truncated'>): void {
    if (this.full)
      throw new RangeError(`RolloutBuffer: expected at most ${this.steps} steps before clear, got one more`);
    checkOutcome(outcome, this.numEnvs);
    checkRewards(outcome.rewards);
    const { numEnvs } = this;
    const row = this.position * numEnvs;
    const isLast = row + numEnvs === this.size;
    for (let i = 0; i < numEnvs; i++) {
      const k = row + i;
      this.rewards[k] = outcome.rewards[i];
      this.terminated[k] = outcome.terminated[i];
      this.truncated[k] = outcome.truncated[i];
      if (!isLast) this.episodeStarts[k + numEnvs] = this.terminated[k] | this.truncated[k];
      // Whoever forgets to call bootstrap shall notice.
      this.nextValues[k] = NaN;
    }
    this.position++;
  }

  /** Records v(final observation), [n], for the step just ended; used only where it was truncated. */
  bootstrap(finalValues: ArrayLike<number>): void {
    checkRows('finalValues', finalValues, this.numEnvs, 1);
    if (this.position === 0) throw new RangeError('RolloutBuffer: expected a step before bootstrap, got none');
    this.nextValues.set(finalValues, (this.position - 1) * this.numEnvs);
  }

  /**
   * Computes `nextValues`, `advantages` and `returns` when all steps are recorded; `lastValues`, [n]: v of the observations
   * after the last step. Throws `RangeError` when steps, or the values at a truncation, are missing.
   */
  finish(lastValues: ArrayLike<number>, gamma: number, gaeLambda: number): void {
    const { numEnvs, size, values, nextValues, terminated, truncated } = this;
    checkRows('lastValues', lastValues, numEnvs, 1);
    if (!this.full) throw new RangeError(`RolloutBuffer: expected ${this.steps} steps, got ${this.position}`);
    checkFiniteRows('last value', lastValues, 1);
    for (let k = 0; k < size; k++) {
      if (terminated[k]) nextValues[k] = 0;
      else if (!truncated[k]) nextValues[k] = k + numEnvs < size ? values[k + numEnvs] : lastValues[k + numEnvs - size];
      else if (!Number.isFinite(nextValues[k])) {
        throw new RangeError(
          `RolloutBuffer: step ${Math.floor(k / numEnvs)} was truncated, expected its value by bootstrap(), got none or one that is not finite`,
        );
      }
    }
    generalizedAdvantageEstimation(this, { gamma, lambda: gaeLambda }, this.advantages);
    for (let k = 0; k < size; k++) this.returns[k] = this.advantages[k] + values[k];
  }

  /**
   * Puts the rows into a new random order for `gather`; with a `sequenceLength`, sequences of so many steps of one copy, the rows of each
   * of them one after another. Throws `RangeError` unless it divides `steps`.
   */
  shuffle(random: Random, sequenceLength = 1): void {
    checkArguments('shuffle', { random }, { random: aRandomSource });
    const { order, size, steps, numEnvs } = this;
    if (!(Number.isInteger(sequenceLength) && sequenceLength >= 1 && steps % sequenceLength === 0)) {
      throw new RangeError(`sequenceLength: expected a divisor of ${steps} (steps), got ${valueText(sequenceLength)}`);
    }
    this.sequenceLength = sequenceLength;
    const sequences = order.subarray(0, size / sequenceLength);
    // From the same order each time, so that a resumed training, which begins with a new buffer, draws the same minibatches.
    for (let k = 0; k < sequences.length; k++) {
      const copy = k % numEnvs;
      sequences[k] = (k - copy) * sequenceLength + copy;
    }
    random.shuffle(sequences);
    // From the last, since the rows take the place of first rows that follow.
    for (let k = sequences.length - 1; k >= 0; k--) {
      const first = sequences[k];
      for (let step = 0; step < sequenceLength; step++) order[k * sequenceLength + step] = first + step * numEnvs;
    }
  }

  /** Copies rows start ≤ k < end of the shuffled order, whole sequences, into `batch`. */
  gather(start: number, end: number, batch: RolloutBatch): void {
    checkArguments('gather', { start, end, batch }, { start: naturalNumber, end: naturalNumber, batch: anObject });
    const { order, memories, memorySize, sequenceLength } = this;
    const copy = (source: NumberArray, width: number, target: NumberArray | undefined): void => {
      if (target) gatherRows(source, width, order, start, end, target);
    };
    copy(this.observations, this.observationSize, batch.observations);
    copy(this.actions, this.actionSize, batch.actions);
    copy(this.logProbabilities, 1, batch.logProbabilities);
    copy(this.values, 1, batch.values);
    copy(this.advantages, 1, batch.advantages);
    copy(this.returns, 1, batch.returns);
    copy(this.actionMasks, this.maskSize, batch.actionMasks);
    copy(this.episodeStarts, 1, batch.episodeStarts);
    for (let k = start, to = 0; batch.memories && k < end; k += sequenceLength, to += memorySize) {
      const from = order[k] * memorySize;
      batch.memories.set(memories.subarray(from, from + memorySize), to);
    }
  }
}

/** What nobody gave. */
const none: readonly number[] = [];

function isEmpty(values: ArrayLike<number>): boolean {
  return (values as ArrayLike<number> | null | undefined)?.length === 0;
}
