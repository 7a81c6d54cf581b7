import { CheckpointError, restoreArray, readNumber, type StateDict, type Stateful } from '@gradus/core';

/** How a gradient becomes a step: see {@link GradientAscent}. */
export type Ascent = 'sgd' | 'momentum' | 'adam';

const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const EPSILON = 1e-8;

/**
 * Steps along a gradient g, in double precision on the host:
 *
 *     sgd:       θ ← θ + α g
 *     momentum:  m ← 0.9 m + 0.1 g;  θ ← θ + α m
 *     adam:      m ← 0.9 m + 0.1 g;  v ← 0.999 v + 0.001 g²;  θ ← θ + α m̂ / (√v̂ + 10⁻⁸),  m̂ = m / (1 − 0.9ᵗ), v̂ = v / (1 − 0.999ᵗ)
 *
 * Adam is Kingma and Ba's (2015); the factor 0.1 of momentum is that of the code of Salimans et al. (2017).
 */
export class GradientAscent implements Stateful {
  private readonly kind: Ascent;
  private readonly learningRate: number;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private steps = 0;

  constructor(kind: Ascent, learningRate: number, dimension: number) {
    this.kind = kind;
    this.learningRate = learningRate;
    this.first = new Float64Array(kind === 'sgd' ? 0 : dimension);
    this.second = new Float64Array(kind === 'adam' ? dimension : 0);
  }

  /** Moves `parameters`, in place. */
  step(parameters: Float64Array, gradient: Float64Array): void {
    const { kind, learningRate, first, second } = this;
    this.steps++;
    const firstCorrection = 1 - FIRST_DECAY ** this.steps;
    const secondCorrection = 1 - SECOND_DECAY ** this.steps;
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i];
      if (kind === 'sgd') {
        parameters[i] += learningRate * g;
        continue;
      }
      first[i] = FIRST_DECAY * first[i] + (1 - FIRST_DECAY) * g;
      if (kind === 'momentum') {
        parameters[i] += learningRate * first[i];
        continue;
      }
      second[i] = SECOND_DECAY * second[i] + (1 - SECOND_DECAY) * g * g;
      const scale = Math.sqrt(second[i] / secondCorrection) + EPSILON;
      parameters[i] += (learningRate * first[i]) / firstCorrection / scale;
    }
  }

  getState(): StateDict {
    return { kind: this.kind, steps: this.steps, first: this.first.slice(), second: this.second.slice() };
  }

  setState(state: StateDict): void {
    if (state.kind !== this.kind) {
      throw new CheckpointError(`state 'kind': expected "${this.kind}", got ${JSON.stringify(state.kind)}`);
    }
    this.steps = readNumber(state, 'steps');
    restoreArray(state, 'first', this.first);
    restoreArray(state, 'second', this.second);
  }
}
