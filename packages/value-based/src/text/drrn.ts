import type { DeviceOption, Env, VectorEnv } from '@gradus/core';
import * as t from '@gradus/tensor';
import { huber } from '../deep/huber.ts';
import type { MinibatchUpdate } from '../deep/replay-rounds.ts';
import { drrnNetwork } from './drrn-network.ts';
import { drrnDefaults, drrnOptionChecks, type DrrnOptions } from './drrn-options.ts';
import { TextAgent, updateInputs, type UpdateParts } from './text-agent.ts';
import { validValues, type TextNetwork } from './text-network.ts';

/** One minibatch step: target, loss, gradient, Adam. */
function updateProgram(parts: UpdateParts<TextNetwork, DrrnOptions>): MinibatchUpdate {
  const { online, target, optimizer, spaces, device } = parts;
  const { batchSize, maxGradNorm } = parts.options;
  return t.program(
    updateInputs(batchSize, spaces.size),
    (batch) => {
      const next = t.max(validValues(target(batch.nextObservations)), { axis: 1 });
      // Where a game has ended there is no action, and nothing follows.
      const nextValue = t.stopGradient(t.where(t.greater(batch.discounts, 0), next, 0));
      const y = t.add(batch.rewards, t.mul(batch.discounts, nextValue));
      const q = t.gather(online(batch.observations).q, batch.actions);
      const errors = t.sub(y, q);
      const loss = t.mean(t.mul(batch.weights, huber(errors)));
      const { gradientNorm } = optimizer.minimize(loss, { learningRate: batch.learningRate, maxGradNorm });
      return { metrics: t.stack([loss, t.mean(q), gradientNorm]), errors };
    },
    { device },
  );
}

const method = {
  ...{ name: 'Drrn', algorithm: 'drrn', defaults: drrnDefaults, checks: drrnOptionChecks },
  createNetwork: drrnNetwork,
  createUpdate: updateProgram,
};

/**
 * Deep reinforcement relevance network (He et al., 2016; as Hausknecht et al., 2020, play text adventures; S3.6): texts of the state and of each valid action are
 * made vectors of, and pairs of both valued, so that actions may be any texts, and any number of them.
 *
 *     y = r + γ (1 − terminated) max_{a′ valid in s′} q(s′, a′; w⁻),   L(w) = E[huber(y − q(s, a; w))]
 *
 * It plays environments such as `textEnv` of `@gradus/envs/text` makes them of games: observations are numbers of words, actions the numbers of valid ones.
 */
export class Drrn extends TextAgent<DrrnOptions> {
  static readonly algorithm = 'drrn';

  /**
   * @param env one environment, or n copies stepped together, of a text game
   * @throws RangeError for others, for an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<DrrnOptions> & DeviceOption = {}) {
    super(method, env, options);
  }
}
