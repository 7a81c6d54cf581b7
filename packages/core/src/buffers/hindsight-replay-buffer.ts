import { checkArguments, checkOptions, naturalNumber, nonNegativeNumber, oneOf, optional } from '@gradus/tensor';
import { aRandomSource, anObject, objectOf } from '../options/argument-checks.ts';
import { goalParts, someGoalRules, type GoalParts, type GoalRules } from '../environments/goal-rules.ts';
import { EnvError } from '../errors.ts';
import type { NumberArray } from './gather-rows.ts';
import type { Random } from '../random/random.ts';
import { ReplayBuffer, type ReplayBatch, type ReplayBufferOptions, type ReplayedEnv } from './replay-buffer.ts';
import { readState, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';
import type { StepOutcome, VectorEnv } from '../environments/vector-env.ts';
import type { OptionCheck } from '@gradus/tensor';

/** Which goals take the place of those that were wanted. */
export interface HindsightOptions {
  /**
   * Where in the transition's own episode a goal was achieved that it gets instead: `future`, in this step or a later one, each as likely as any other; `final`, in
   * the last one; `episode`, in any that is still stored. Default `future`, the best in the paper's figure 6.
   */
  readonly strategy?: 'future' | 'final' | 'episode' | undefined;
  /** k: how many transitions of a minibatch have another goal for each that keeps its own. Default 4 (the paper's, and SB3's). */
  readonly sampledGoals?: number | undefined;
}

/** What a hindsight replay buffer is asked to keep, and which goals it makes up. */
export interface HindsightReplayBufferOptions
  extends Pick<ReplayBufferOptions, 'capacity' | 'gamma'>, HindsightOptions {}

const hindsightChecks = {
  strategy: optional(oneOf('future', 'final', 'episode')),
  sampledGoals: optional(nonNegativeNumber),
};

/** Accepts {@link HindsightOptions}. */
export const someHindsight: OptionCheck = objectOf(
  "an object with strategy ('future', 'final' or 'episode') and sampledGoals (a number of at least 0), or without",
  hindsightChecks,
);

/**
 * A {@link ReplayBuffer} for environments with {@link GoalRules}, in which what failed is learned from as if what came of it had been wanted: hindsight experience
 * replay (Andrychowicz et al., 2017). Of each minibatch k of k + 1 transitions (s, a, s′) with goal g have, each time they are drawn, another goal g′, which was
 * achieved in the same episode; the reward, and whether the task ended, are those of g′:
 *
 *     (s‖g, a, r_g, s′‖g)  →  (s‖g′, a, r(s′, g′), s′‖g′),   g′ = the goal achieved in a step chosen by `strategy`
 *
 * Drawn uniformly are the transitions of episodes that are over, whether they ended or were cut off: before, nobody knows what will be achieved in them.
 */
export class HindsightReplayBuffer implements Stateful {
  private readonly transitions: ReplayBuffer;
  private readonly numEnvs: number;
  private readonly gamma: number;
  private readonly goalRules: GoalRules;
  private readonly parts: GoalParts;
  private readonly observationSize: number;
  private readonly strategy: 'future' | 'final' | 'episode';
  /** k / (k + 1) */
  private readonly share: number;
  /** By row how many steps of its episode came before, and how many there are; 0 while it goes on. */
  private readonly elapsed: Uint32Array;
  private readonly lengths: Uint32Array;
  /** By environment how many steps of its present episode there are. */
  private readonly running: Uint32Array;
  /** How many transitions of the first i environments, of episodes that are over, there are: [n + 1]. */
  private readonly drawable: Float64Array;
  /** For the minibatch that is being drawn. */
  private memory: Memory = createMemory(0, 0, 0);

  /** Throws `RangeError` as {@link ReplayBuffer} does, and `EnvError` for environments without goals. */
  constructor(env: ReplayedEnv, options: HindsightReplayBufferOptions) {
    checkArguments('HindsightReplayBuffer', { options }, { options: anObject });
    const { capacity, gamma, ...others } = options;
    checkOptions<HindsightOptions>('HindsightReplayBuffer', others, hindsightChecks);
    const { strategy = 'future', sampledGoals = 4 } = others;
    this.transitions = new ReplayBuffer(env, { capacity, gamma });
    const { goalRules, numEnvs, observationSpace } = env;
    if (!goalRules) {
      throw new EnvError(
        `hindsight: expected an environment with goals (goalRules), got one without, whose observations are ${observationSpace.toString()}`,
      );
    }
    checkArguments('HindsightReplayBuffer', { goalRules }, { goalRules: someGoalRules });
    this.parts = goalParts(observationSpace);
    this.goalRules = goalRules;
    this.gamma = gamma;
    this.numEnvs = numEnvs;
    this.observationSize = observationSpace.size;
    this.strategy = strategy;
    this.share = sampledGoals / (sampledGoals + 1);
    this.elapsed = new Uint32Array(this.transitions.capacity);
    this.lengths = new Uint32Array(this.transitions.capacity);
    this.running = new Uint32Array(numEnvs);
    this.drawable = new Float64Array(numEnvs + 1);
  }

  /** Transitions that fit. */
  get capacity(): number {
    return this.transitions.capacity;
  }

  /** Transitions stored now. */
  get size(): number {
    return this.transitions.size;
  }

  /** Records what was seen and chosen, before the environments step. */
  beginStep(observations: Float32Array, actions: ArrayLike<number>): void {
    this.transitions.beginStep(observations, actions);
  }

  /** Records what came of it, after the environments stepped. Throws `EnvError` as {@link ReplayBuffer} does. */
  endStep(outcome: StepOutcome & Pick<VectorEnv, 'actionMasks'>): void {
    const { numEnvs, elapsed, lengths, running } = this;
    const first = this.transitions.nextRow;
    this.transitions.endStep(outcome);
    for (let i = 0; i < numEnvs; i++) {
      const row = first + i;
      elapsed[row] = running[i]++;
      lengths[row] = 0;
      if (outcome.terminated[i] === 0 && outcome.truncated[i] === 0) continue;
      const length = running[i];
      const stored = Math.min(length, this.size / numEnvs);
      for (let back = 0; back < stored; back++) lengths[this.rowAfter(row, -back)] = length;
      running[i] = 0;
    }
  }

  /**
   * Copies `count` transitions, drawn with replacement, into `batch`: k of k + 1 of them with other goals, by chance one more where that is no whole number, so
   * that it is right on average. Throws `RangeError` while no episode is over, and for another size.
   */
  sample(count: number, random: Random, batch: ReplayBatch): void {
    checkArguments('sample', { count, random }, { count: naturalNumber, random: aRandomSource });
    if (this.memory.rows.length !== count) {
      this.memory = createMemory(count, this.observationSize, this.parts.desiredGoal.space.size);
    }
    const { rows, goalRows } = this.memory;
    this.draw(rows, random);
    const relabelled = Math.floor(this.share * count + random.nextFloat());
    for (let k = 0; k < relabelled; k++) goalRows[k] = this.goalRow(rows[k], random);
    this.transitions.gather(rows, batch);
    if (relabelled > 0) this.relabel(relabelled, batch);
  }

  /** Whether there is an episode to draw from: one that is over. */
  get isReady(): boolean {
    const stored = this.transitions.size / this.numEnvs;
    return this.running.some((steps) => steps < stored);
  }

  /** Draws the rows of transitions of episodes that are over. */
  private draw(rows: Uint32Array, random: Random): void {
    const { drawable, running, numEnvs, transitions } = this;
    const stored = transitions.size / numEnvs;
    for (let i = 0; i < numEnvs; i++) drawable[i + 1] = drawable[i] + Math.max(0, stored - running[i]);
    if (drawable[numEnvs] === 0) {
      const option = transitions.size < transitions.capacity ? 'learningStarts' : 'bufferSize';
      const copies = numEnvs === 1 ? '' : `, times ${numEnvs} copies`;
      throw new RangeError(
        `hindsight: expected an episode that is over, got none in ${stored} steps; let ${option} be more than the steps of an episode${copies}`,
      );
    }
    for (let k = 0; k < rows.length; k++) {
      const drawn = random.integer(drawable[numEnvs]);
      const i = copyOf(drawn, drawable);
      rows[k] = this.rowAfter(this.oldestRow + i, drawn - drawable[i]);
    }
  }

  /** Row of the first environment's oldest transition. */
  private get oldestRow(): number {
    const { size, capacity, nextRow } = this.transitions;
    return size < capacity ? 0 : nextRow;
  }

  /** Row of the same environment's transition `steps` steps later. */
  private rowAfter(row: number, steps: number): number {
    const { capacity } = this.transitions;
    return (((row + steps * this.numEnvs) % capacity) + capacity) % capacity;
  }

  /** The row in which the goal was achieved that the transition of `row` gets. */
  private goalRow(row: number, random: Random): number {
    const { strategy, elapsed, lengths } = this;
    const left = lengths[row] - elapsed[row];
    switch (strategy) {
      case 'final':
        return this.rowAfter(row, left - 1);
      case 'future':
        return this.rowAfter(row, random.integer(left));
      case 'episode': {
        const before = Math.min(elapsed[row], this.stepsFromOldest(row));
        return this.rowAfter(row, random.integer(before + left) - before);
      }
    }
  }

  /** How many steps of the same environment that are stored came before that of `row`. */
  private stepsFromOldest(row: number): number {
    const { capacity } = this.transitions;
    return Math.floor(((row - this.oldestRow + capacity) % capacity) / this.numEnvs);
  }

  /** Gives the first `count` transitions of `batch` the goals that were achieved in `goalRows`. */
  private relabel(count: number, batch: ReplayBatch): void {
    const { goalRules, memory, observationSize: width } = this;
    const { start: achievedStart } = this.parts.achievedGoal;
    const { start: desiredStart, space } = this.parts.desiredGoal;
    const achieved = memory.achieved.subarray(0, count * space.size);
    const desired = memory.desired.subarray(0, count * space.size);
    const rewards = memory.rewards.subarray(0, count);
    const terminated = memory.terminated.subarray(0, count);
    const goalsOf = (array: NumberArray, start: number): Columns => ({ array, width, start, size: space.size });
    const packed = { array: desired, width: space.size, start: 0, size: space.size };
    copyColumns(goalsOf(batch.nextObservations, achievedStart), { ...packed, array: achieved }, count);

    // What ended for another reason than its own goal ends whatever the goal.
    copyColumns(goalsOf(batch.nextObservations, desiredStart), packed, count);
    goalRules.computeTerminated?.(achieved, desired, terminated);
    for (let k = 0; k < count; k++) if (terminated[k] === 1) batch.discounts[k] = this.gamma;

    this.transitions.gatherNext(memory.goalRows.subarray(0, count), memory.achievedIn);
    copyColumns(goalsOf(memory.achievedIn, achievedStart), packed, count);
    copyColumns(packed, goalsOf(batch.observations, desiredStart), count);
    copyColumns(packed, goalsOf(batch.nextObservations, desiredStart), count);
    goalRules.computeRewards(achieved, desired, rewards);
    goalRules.computeTerminated?.(achieved, desired, terminated);
    for (let k = 0; k < count; k++) {
      batch.rewards[k] = rewards[k];
      if (terminated[k] === 1) batch.discounts[k] = 0;
    }
  }

  getState(): StateDict {
    const { size, running } = this;
    return {
      transitions: this.transitions.getState(),
      elapsed: this.elapsed.slice(0, size),
      lengths: this.lengths.slice(0, size),
      running: running.slice(),
    };
  }

  /** Throws `CheckpointError` when the saved buffer had another capacity or other spaces. */
  setState(state: StateDict): void {
    this.transitions.setState(readState(state, 'transitions'));
    restoreArray(state, 'elapsed', this.elapsed.subarray(0, this.size));
    restoreArray(state, 'lengths', this.lengths.subarray(0, this.size));
    restoreArray(state, 'running', this.running);
  }
}

/** The last i with `drawable[i]` ≤ `drawn`, of numbers that do not fall. */
function copyOf(drawn: number, drawable: Float64Array): number {
  let low = 0;
  let high = drawable.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (drawable[middle] <= drawn) low = middle;
    else high = middle;
  }
  return low;
}

/** What a minibatch takes while it is drawn. */
interface Memory {
  /** The transitions drawn, and in which the goals were achieved that they get. */
  readonly rows: Uint32Array;
  readonly goalRows: Uint32Array;
  /** The observations that `goalRows` led to. */
  readonly achievedIn: Float32Array;
  /** Goals, rewards and ends of transitions that get another goal. */
  readonly achieved: Float32Array;
  readonly desired: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
}

function createMemory(count: number, observationSize: number, goalSize: number): Memory {
  return {
    rows: new Uint32Array(count),
    goalRows: new Uint32Array(count),
    achievedIn: new Float32Array(count * observationSize),
    achieved: new Float32Array(count * goalSize),
    desired: new Float32Array(count * goalSize),
    rewards: new Float64Array(count),
    terminated: new Uint8Array(count),
  };
}

/** `size` numbers of each row of an array, [rows × width], from `start` on. */
interface Columns {
  readonly array: NumberArray;
  readonly width: number;
  readonly start: number;
  readonly size: number;
}

/** Copies those of the first `rows` rows. */
function copyColumns(from: Columns, to: Columns, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const source = row * from.width + from.start;
    const target = row * to.width + to.start;
    for (let j = 0; j < from.size; j++) to.array[target + j] = from.array[source + j];
  }
}
