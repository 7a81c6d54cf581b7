import { readNumber, type StateDict } from '@gradus/core';
import * as t from '@gradus/tensor';
import { finiteList } from '../checks.ts';

/**
 * Inside a program: REINFORCE (Williams, 1992) with whole completions as actions (Ahmadian et al., 2024), whose gradient is that of the expected reward with
 * the opposite sign,
 *
 *     L(θ) = −mean (Rᵢ − b) log π(yᵢ; θ)
 *
 * `logProbabilities` of completions, sums over their tokens, and `advantages` R − b, both [completions].
 */
export function reinforceLoss(logProbabilities: t.Tensor, advantages: t.Tensor): t.Tensor {
  return t.neg(t.mean(t.mul(advantages, logProbabilities)));
}

const isDecay: t.OptionCheck = {
  expected: 'a number in [0, 1)',
  accepts: (value) => typeof value === 'number' && value >= 0 && value < 1,
};

/** b, the moving average of all rewards until now, b ← decay b + (1 − decay) R, 0 at first. */
export class MovingAverageBaseline {
  private readonly decay: number;
  private average = 0;

  /** @param decay in [0, 1). */
  constructor(decay: number) {
    t.checkArguments('MovingAverageBaseline', { decay }, { decay: isDecay });
    this.decay = decay;
  }

  get value(): number {
    return this.average;
  }

  /** Takes rewards in one after another. */
  update(rewards: ArrayLike<number>): void {
    t.checkArguments('update', { rewards }, { rewards: finiteList });
    for (const reward of Array.from(rewards)) this.average += (1 - this.decay) * (reward - this.average);
  }

  getState(): StateDict {
    return { average: this.average };
  }

  setState(state: StateDict): void {
    this.average = readNumber(state, 'average');
  }
}
