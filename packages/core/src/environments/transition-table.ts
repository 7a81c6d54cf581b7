import { checkArguments, flag, optional, positiveInteger, valueText } from '@gradus/tensor';
import { aFunction, aList, aNumber, anObject, numberList, objectOf, stepLimit } from '../options/argument-checks.ts';
import { float32Problem } from './check-float32.ts';
/** One way in which a step can go. */
export interface Outcome {
  readonly probability: number;
  readonly nextState: number;
  readonly reward: number;
  /** The task ends there: nothing that follows has a value. */
  readonly terminated: boolean;
}

/** What a transition table is made of. */
export interface TransitionTableParts {
  readonly numStates: number;
  readonly numActions: number;
  /** μ: the probability of each state to be an episode's first, [numStates]. */
  readonly initialDistribution: ArrayLike<number>;
  /** The ways in which action `action` in state `state` can go, in the order in which sampling tries them. */
  outcomes(state: number, action: number): readonly Outcome[];
  /** H: steps after which an episode is over, where it has not ended before: the objective is then Σ_{h < H} r_h. Default ∞: no such limit. */
  readonly horizon?: number | undefined;
}

/** How far from 1 rounding may have left a sum of probabilities. */
const TOLERANCE = 1e-9;

/**
 * A finite Markov decision process as data (S1.1): P(s′ | s, a) with the rewards r(s, a, s′), and the distribution μ of first states.
 * States are 0 … numStates − 1, actions 0 … numActions − 1. An episode ends by a terminated outcome; what the table says of the
 * state it ended in is never sampled, and matters to no value.
 *
 * A horizon, or an environment's time limit, is part of it: finite-horizon values (`finiteHorizonValues`) are those up to it, by default, whereas all other
 * values are those of the process that goes on (Gymnasium's truncation, which is bootstrapped).
 *
 * The outcomes of all pairs lie one after another in flat arrays: those of (s, a) are
 * offsets[s · numActions + a] ≤ k < offsets[s · numActions + a + 1].
 */
export class TransitionTable implements TransitionTableParts {
  readonly numStates: number;
  readonly numActions: number;
  /** H, ∞ where there is none. */
  readonly horizon: number;
  /** μ, [numStates]. */
  readonly initialDistribution: Float64Array;
  /** [numStates · numActions + 1]. */
  readonly offsets: Int32Array;
  /** [outcomes], as are the three others. */
  readonly probabilities: Float64Array;
  readonly nextStates: Int32Array;
  readonly rewards: Float64Array;
  /** 1 where the task ends, else 0. */
  readonly terminated: Uint8Array;

  /**
   * Asks `outcomes` once for each pair. Throws `RangeError` for counts that are not positive integers, probabilities that are
   * negative or do not sum to 1 (within 10⁻⁹), next states outside the table, rewards that are not finite
   * in float32, as agents keep them, and a horizon that is no positive integer.
   */
  constructor(parts: TransitionTableParts) {
    checkArguments('TransitionTable', { parts }, { parts: anObject });
    const { numStates, numActions, initialDistribution } = parts;
    checkArguments(
      'TransitionTable',
      { numStates, numActions, initialDistribution, horizon: parts.horizon, 'outcomes()': outcomesOf(parts) },
      {
        numStates: positiveInteger,
        numActions: positiveInteger,
        initialDistribution: numberList,
        horizon: optional(stepLimit),
        'outcomes()': aFunction,
      },
    );
    this.numStates = numStates;
    this.numActions = numActions;
    this.horizon = parts.horizon === undefined || parts.horizon === Infinity ? Infinity : parts.horizon;
    this.initialDistribution = Float64Array.from(initialDistribution);
    if (this.initialDistribution.length !== numStates) {
      throw new RangeError(`initialDistribution has ${this.initialDistribution.length} numbers, expected ${numStates}`);
    }
    checkDistribution('initialDistribution', this.initialDistribution);

    this.offsets = new Int32Array(numStates * numActions + 1);
    const all: Outcome[] = [];
    for (let state = 0; state < numStates; state++) {
      for (let action = 0; action < numActions; action++) {
        const outcomes = parts.outcomes(state, action);
        checkOutcomes(`outcomes(${state}, ${action})`, outcomes, numStates);
        for (const outcome of outcomes) all.push(outcome);
        this.offsets[state * numActions + action + 1] = all.length;
      }
    }
    this.probabilities = Float64Array.from(all, ({ probability }) => probability);
    this.nextStates = Int32Array.from(all, ({ nextState }) => nextState);
    this.rewards = Float64Array.from(all, ({ reward }) => reward);
    this.terminated = Uint8Array.from(all, ({ terminated }) => Number(terminated));
  }

  /** The same process with another horizon, ∞ for none. Throws `RangeError` for one that is no positive integer. */
  withHorizon(horizon: number): TransitionTable {
    checkArguments('withHorizon', { horizon }, { horizon: stepLimit });
    // All else was checked, and is shared.
    return Object.assign(Object.create(TransitionTable.prototype) as TransitionTable, this, { horizon });
  }

  /** The ways in which action `action` in state `state` can go. Throws `RangeError` for a pair that the table has not. */
  outcomes(state: number, action: number): readonly Outcome[] {
    checkIndex('state', state, this.numStates);
    checkIndex('action', action, this.numActions);
    const pair = state * this.numActions + action;
    const first = this.offsets[pair];
    return Array.from({ length: this.offsets[pair + 1] - first }, (_, i) => ({
      probability: this.probabilities[first + i],
      nextState: this.nextStates[first + i],
      reward: this.rewards[first + i],
      terminated: this.terminated[first + i] === 1,
    }));
  }
}

function checkOutcomes(name: string, outcomes: readonly Outcome[], numStates: number): void {
  checkArguments(name, { outcomes }, { outcomes: aList });
  for (const outcome of outcomes) {
    checkArguments(name, { outcome }, { outcome: anOutcome });
    const { nextState, reward } = outcome;
    checkIndex(`${name}: nextState`, nextState, numStates);
    if (float32Problem(reward) !== undefined) {
      throw new RangeError(`${name}: expected a finite reward, at most 3.4e38, got ${valueText(reward)}`);
    }
  }
  checkDistribution(
    name,
    outcomes.map(({ probability }) => probability),
  );
}

function checkDistribution(name: string, probabilities: Iterable<number>): void {
  let sum = 0;
  for (const probability of probabilities) {
    if (!(probability >= 0)) throw new RangeError(`${name}: expected probabilities of at least 0, got ${probability}`);
    sum += probability;
  }
  if (!(Math.abs(sum - 1) <= TOLERANCE)) {
    throw new RangeError(`${name}: expected probabilities that sum to 1, got ${sum}`);
  }
}

function checkIndex(name: string, value: number, count: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= count) {
    throw new RangeError(`${name}: expected an integer in [0, ${count - 1}], got ${valueText(value)}`);
  }
}

const anOutcome = objectOf('an outcome (with probability, nextState, reward and terminated)', {
  probability: aNumber,
  terminated: flag,
});

/** `outcomes` may be a method of a class. */
function outcomesOf({ outcomes }: { readonly outcomes?: unknown }): unknown {
  return outcomes;
}
