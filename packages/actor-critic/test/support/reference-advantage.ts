import { mean, tanhNetwork } from './reference-networks.ts';
import type { Transition } from './scripted-env.ts';

/** Linear networks of two numbers: actor [2 × outputs] and biases, critic [2 × 1] and bias, log σ or with gSDE log σ of [2 × outputs]. */
export interface Reference {
  readonly outputs: number;
  readonly isContinuous: boolean;
  readonly isStateDependent: boolean;
}

/** log π(a|s) and the entropy of π(·|s). */
function policyOf(
  { outputs, isContinuous, isStateDependent }: Reference,
  theta: readonly number[],
  { observation, action }: Transition,
): Readonly<Record<'logProbability' | 'entropy', number>> {
  const out = tanhNetwork([2, outputs])(theta, observation);
  if (!isContinuous) {
    const total = Math.log(out.reduce((sum, x) => sum + Math.exp(x), 0));
    const logs = out.map((x) => x - total);
    return { logProbability: logs[action[0] - 1], entropy: -logs.reduce((sum, x) => sum + Math.exp(x) * x, 0) };
  }
  const logStd = theta.slice(3 * outputs + 3);
  const deviations = out.map((_, j) => {
    if (!isStateDependent) return Math.exp(logStd[j]);
    return Math.sqrt(observation.reduce((sum, x, i) => sum + (x * Math.exp(logStd[i * outputs + j])) ** 2, 1e-6));
  });
  const terms = deviations.map((deviation, j) => ({
    logProbability: -0.5 * ((action[j] - out[j]) / deviation) ** 2 - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI),
    entropy: 0.5 + 0.5 * Math.log(2 * Math.PI) + Math.log(deviation),
  }));
  const total = (name: 'logProbability' | 'entropy'): number => terms.reduce((sum, term) => sum + term[name], 0);
  return { logProbability: total('logProbability'), entropy: total('entropy') };
}

/** v(s). */
function valueOf({ outputs }: Reference, theta: readonly number[], observation: readonly number[]): number {
  return tanhNetwork([2, 1])(theta, observation, 3 * outputs)[0];
}

/** λ-returns of a round, λ being 1 or less, from the last step on. */
function returnsOf(
  reference: Reference,
  theta: readonly number[],
  round: readonly Transition[],
  gamma: number,
  lambda: number,
): number[] {
  const returns: number[] = [];
  round.toReversed().forEach(({ reward, terminated, truncated, nextObservation }, k) => {
    const value = valueOf(reference, theta, nextObservation);
    const isLast = k === 0 || truncated;
    const following = isLast ? value : (1 - lambda) * value + lambda * returns[0];
    returns.unshift(reward + (terminated ? 0 : gamma * following));
  });
  return returns;
}

/** The parts of the loss, as a function of parameters, of a round played with `theta`. */
export function lossOf(
  reference: Reference,
  theta: readonly number[],
  round: readonly Transition[],
  gamma: number,
  lambda: number,
): (at: readonly number[]) => Readonly<Record<'policyLoss' | 'valueLoss' | 'entropy', number>> {
  const returns = returnsOf(reference, theta, round, gamma, lambda);
  const advantages = returns.map((each, k) => each - valueOf(reference, theta, round[k].observation));
  return (at) => {
    const policies = round.map((each) => policyOf(reference, at, each));
    return {
      policyLoss: -mean(policies.map(({ logProbability }, k) => advantages[k] * logProbability)),
      valueLoss: mean(round.map(({ observation }, k) => (valueOf(reference, at, observation) - returns[k]) ** 2)),
      entropy: mean(policies.map(({ entropy }) => entropy)),
    };
  };
}
