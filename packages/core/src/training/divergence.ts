import type { Agent } from './agent.ts';
import { DivergenceError } from '../errors.ts';
import type { Metrics } from './progress.ts';
import { findNonFinite } from '../statistics/find-non-finite.ts';

/** Whose training it is, for messages. */
type Learner = Pick<Agent, 'algorithm' | 'step'>;

/**
 * Throws `DivergenceError` where one of the numbers that an update reports is not finite:
 * `ppo: train/value_loss is NaN at step 4096; the learning rate may be too large`.
 */
export function checkUpdate(learner: Learner, metrics: Metrics): void {
  checkValues(learner, Object.keys(metrics), Object.values(metrics));
}

function checkValues({ algorithm, step }: Learner, names: readonly string[], values: ArrayLike<number>): void {
  const wrong = findNonFinite(values);
  if (wrong === -1) return;
  throw new DivergenceError(
    `${algorithm}: ${names[wrong]} is ${values[wrong]} at step ${step}; the learning rate may be too large`,
  );
}

/** Index of the first element that is not finite, or, in float32, has a square that is not: no product of two such weights is. */
function findDiverged(weights: ArrayLike<number>): number {
  if (!(weights instanceof Float32Array)) return findNonFinite(weights);
  for (let i = 0; i < weights.length; i++) if (!(weights[i] * weights[i] <= LARGEST_FLOAT32)) return i;
  return -1;
}

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * Throws `DivergenceError` where one of the `parameters`, by name, has an element that is not finite, as {@link checkUpdate} does, or one beyond
 * ±1.8 · 10¹⁹ in float32, where squares are not.
 */
export function checkParameters(
  { algorithm, step }: Learner,
  parameters: Readonly<Record<string, { view(): ArrayLike<number> } | ArrayLike<number>>>,
): void {
  for (const [name, parameter] of Object.entries(parameters)) {
    const values = 'view' in parameter ? parameter.view() : parameter;
    const wrong = findDiverged(values);
    if (wrong === -1) continue;
    throw new DivergenceError(
      `${algorithm}: ${name} has ${values[wrong]} at [${wrong}] at step ${step}; the learning rate may be too large`,
    );
  }
}

/** The means of what the updates of a round report, all of which must be finite. */
export class UpdateMetrics {
  private readonly learner: Learner;
  private readonly names: readonly string[];
  private readonly totals: Float64Array;
  private readonly counts: Uint32Array;

  /** `names`: of the numbers, in the order in which updates report them. */
  constructor(learner: Learner, names: readonly string[]) {
    this.learner = learner;
    this.names = names;
    this.totals = new Float64Array(names.length);
    this.counts = new Uint32Array(names.length);
  }

  /** Takes what an update reports into account: all of the numbers, or the first ones. Throws as {@link checkUpdate} does. */
  add(values: ArrayLike<number>): void {
    checkValues(this.learner, this.names, values);
    for (let i = 0; i < values.length; i++) {
      this.totals[i] += values[i];
      this.counts[i]++;
    }
  }

  /** By name; none of those that no update reported. */
  means(): Metrics {
    const means = this.names.map((name, i) => [name, this.totals[i] / this.counts[i]] as const);
    return Object.fromEntries(means.filter((_, i) => this.counts[i] > 0));
  }
}
