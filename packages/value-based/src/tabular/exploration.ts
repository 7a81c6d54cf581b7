import {
  checkArguments,
  fraction,
  nonNegativeNumber,
  positiveNumber,
  scheduleOf,
  scheduleValue,
  type OptionCheck,
  type Random,
  type Schedule,
} from '@gradus/core';

/** A random action with probability ε, else a best one: π(a | s) = ε / m + (1 − ε) [a is best], of m actions; equal ones share. */
export interface EpsilonGreedy {
  readonly kind: 'epsilon-greedy';
  /** ε, in [0, 1]. */
  readonly level: Schedule;
}

/** π(a | s) ∝ exp(q(s, a) / τ): the smaller the temperature τ, the greedier. */
export interface Boltzmann {
  readonly kind: 'boltzmann';
  /** τ > 0. */
  readonly level: Schedule;
}

/**
 * The action of the largest upper confidence bound q(s, a) + c √(ln N(s) / N(s, a)), N counting visits; actions never taken go first
 * (UCB1: Auer et al., 2002; Sutton and Barto, 2018, §2.7).
 */
export interface UpperConfidence {
  readonly kind: 'upper-confidence';
  /** c ≥ 0. */
  readonly level: Schedule;
}

/** How actions are tried in training. Data, not functions, so that it can be saved with an agent and written in JSON. */
export type Exploration = EpsilonGreedy | Boltzmann | UpperConfidence;

const levels: Readonly<Record<Exploration['kind'], OptionCheck>> = {
  'epsilon-greedy': scheduleOf(fraction),
  boltzmann: scheduleOf(positiveNumber),
  'upper-confidence': scheduleOf(nonNegativeNumber),
};

/** ε-greedy actions, see {@link EpsilonGreedy}. Throws `RangeError` for a level out of range. */
export function epsilonGreedy(epsilon: Schedule): EpsilonGreedy {
  checkArguments('epsilonGreedy', { epsilon }, { epsilon: levels['epsilon-greedy'] });
  return { kind: 'epsilon-greedy', level: epsilon };
}

/** Actions by a softmax over their values, see {@link Boltzmann}. Throws `RangeError` for a level out of range. */
export function boltzmann(temperature: Schedule): Boltzmann {
  checkArguments('boltzmann', { temperature }, { temperature: levels.boltzmann });
  return { kind: 'boltzmann', level: temperature };
}

/** Optimism about what was tried little, see {@link UpperConfidence}. Throws `RangeError` for a level out of range. */
export function upperConfidence(c: Schedule): UpperConfidence {
  checkArguments('upperConfidence', { c }, { c: levels['upper-confidence'] });
  return { kind: 'upper-confidence', level: c };
}

/** What the option `exploration` must be. */
export const explorationStrategy: OptionCheck = {
  expected: Object.entries(levels)
    .map(([kind, { expected }]) => `{ kind: '${kind}', level: ${expected} }`)
    .join(' or '),
  accepts(value) {
    const { kind, level, ...others } = membersOf(value);
    return isKind(kind) && Object.keys(others).length === 0 && levels[kind].accepts(level);
  },
  explain(value) {
    const { kind, level } = membersOf(value);
    return isKind(kind) ? levels[kind].explain?.(level) : undefined;
  },
};

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isKind(kind: unknown): kind is Exploration['kind'] {
  return typeof kind === 'string' && Object.hasOwn(levels, kind);
}

/** The policy π(· | s) that a strategy makes of a table of action values and of how often each pair was visited. */
export class Explorer {
  /** ε, τ or c, as it was last; 0 before. */
  level = 0;
  private readonly exploration: Exploration;
  /** q and N, [numStates × numActions]. */
  private readonly values: Float64Array;
  private readonly visits: Uint32Array;
  private readonly policy: Float64Array;

  constructor(exploration: Exploration, values: Float64Array, visits: Uint32Array, numActions: number) {
    this.exploration = exploration;
    this.values = values;
    this.visits = visits;
    this.policy = new Float64Array(numActions);
  }

  /**
   * π(· | s), [numActions], until the next call. `mask` is 1 for the actions that count, of which there must be one; undefined where all
   * do. `progress` is the part of training that is done.
   */
  policyIn(state: number, mask: Uint8Array | undefined, progress: number): Float64Array {
    const { exploration, policy } = this;
    const first = state * policy.length;
    this.level = scheduleValue(exploration.level, progress);
    switch (exploration.kind) {
      case 'epsilon-greedy':
        this.scoreByValue(first, mask);
        shareBest(policy, this.level);
        break;
      case 'boltzmann':
        this.scoreByValue(first, mask);
        softmax(policy, this.level);
        break;
      case 'upper-confidence':
        this.scoreByBound(first, mask);
        shareBest(policy, 0);
    }
    return policy;
  }

  private scoreByValue(first: number, mask: Uint8Array | undefined): void {
    const { values, policy } = this;
    for (let a = 0; a < policy.length; a++) {
      policy[a] = mask?.[a] === 0 ? -Infinity : values[first + a];
    }
  }

  private scoreByBound(first: number, mask: Uint8Array | undefined): void {
    const { values, visits, policy, level } = this;
    let total = 0;
    for (let a = 0; a < policy.length; a++) total += visits[first + a];
    const logTotal = Math.log(total);
    for (let a = 0; a < policy.length; a++) {
      const count = visits[first + a];
      if (mask?.[a] === 0) policy[a] = -Infinity;
      else policy[a] = count === 0 ? Infinity : values[first + a] + level * Math.sqrt(logTotal / count);
    }
  }
}

/** An action drawn from probabilities [numActions] that begin at `policy[first]`. */
export function sampleAction(policy: Float64Array, first: number, numActions: number, random: Random): number {
  let left = random.nextFloat();
  let last = 0;
  for (let a = 0; a < numActions; a++) {
    const probability = policy[first + a];
    if (probability === 0) continue;
    left -= probability;
    if (left < 0) return a;
    last = a;
  }
  // Rounding may have left the sum a little short of 1.
  return last;
}

/** Turns scores into probabilities: `part` shared by all actions that are not −∞, the rest by the best of them. */
function shareBest(scores: Float64Array, part: number): void {
  let best = -Infinity;
  let numBest = 0;
  let numLegal = 0;
  for (const score of scores) {
    if (score === -Infinity) continue;
    numLegal++;
    if (score > best) {
      best = score;
      numBest = 1;
    } else if (score === best) numBest++;
  }
  const share = part / numLegal;
  const bestShare = share + (1 - part) / numBest;
  for (let a = 0; a < scores.length; a++) {
    scores[a] = scores[a] === -Infinity ? 0 : scores[a] === best ? bestShare : share;
  }
}

/** exp(xₐ / τ) / Σ exp(x / τ), in place. */
function softmax(scores: Float64Array, temperature: number): void {
  let best = -Infinity;
  for (const score of scores) best = Math.max(best, score);
  let sum = 0;
  for (let a = 0; a < scores.length; a++) {
    scores[a] = Math.exp((scores[a] - best) / temperature);
    sum += scores[a];
  }
  for (let a = 0; a < scores.length; a++) scores[a] /= sum;
}
