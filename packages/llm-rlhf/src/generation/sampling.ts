import {
  checkArguments,
  checkOptions,
  fraction,
  nonNegativeNumber,
  nullable,
  optional,
  positiveInteger,
  type OptionCheck,
} from '@gradus/tensor';
import { arrayOf } from '../checks.ts';

/** How tokens are drawn from logits. */
export interface SamplingOptions {
  /** Logits are divided by it; 0 takes the most likely token. Default 1. */
  readonly temperature?: number;
  /** Only so many of the most likely tokens are drawn; `null`: all. Default `null`. */
  readonly topK?: number | null;
  /** Only the most likely tokens that together have this probability are drawn (Holtzman et al., 2020), at least one. Default 1: all. */
  readonly topP?: number;
}

/** What each option must be. */
export const samplingChecks: { readonly [Name in keyof SamplingOptions]-?: OptionCheck } = {
  temperature: optional(nonNegativeNumber),
  topK: optional(nullable(positiveInteger)),
  topP: optional(fraction),
};

const isLogits = arrayOf('numbers', (each) => typeof each === 'number');
const isUniform: OptionCheck = {
  expected: 'a number in [0, 1)',
  accepts: (value) => typeof value === 'number' && value >= 0 && value < 1,
};

/** A token, and what the policy gives it: log softmax(logits / temperature), of all tokens, not just those that topK and topP leave; of temperature 1 where it is 0. */
export interface SampledToken {
  readonly token: number;
  readonly logProbability: number;
}

/**
 * Draws a token. Logits that are −∞ are never drawn. Among equals the first is the most likely.
 * @param uniform a number in [0, 1) that decides.
 * @throws RangeError for a wrong option, and where no logit is finite or one is no number.
 */
export function sampleToken(
  logits: ArrayLike<number>,
  options: SamplingOptions = {},
  uniform: number = Math.random(),
): SampledToken {
  checkArguments('sampleToken', { logits, uniform }, { logits: isLogits, uniform: isUniform });
  checkOptions('sampleToken', options, samplingChecks);
  return drawToken(logits, 0, new Float64Array(logits.length), options, uniform);
}

/** {@link sampleToken} of one row of many, without the check of options; `weights` is memory for as many numbers as there are tokens. */
export function drawToken(
  logits: ArrayLike<number>,
  start: number,
  weights: Float64Array,
  { temperature = 1, topK = null, topP = 1 }: SamplingOptions,
  uniform: number,
): SampledToken {
  const vocabulary = weights.length;
  let best = start;
  for (let i = start; i < start + vocabulary; i++) {
    if (Number.isNaN(logits[i])) throw new RangeError(`sampleToken: the logit of token ${i - start} is not a number`);
    if (logits[i] > logits[best]) best = i;
  }
  const largest = logits[best];
  if (!Number.isFinite(largest)) {
    throw new RangeError(`sampleToken: expected logits with a finite maximum, got ${largest}`);
  }
  const divisor = temperature === 0 ? 1 : temperature;
  let total = 0;
  for (let i = 0; i < vocabulary; i++) total += weights[i] = Math.exp((logits[start + i] - largest) / divisor);
  const logProbabilityOf = (token: number): SampledToken => ({
    token,
    logProbability: (logits[start + token] - largest) / divisor - Math.log(total),
  });
  if (temperature === 0) return logProbabilityOf(best - start);
  const kept = (topK === null || topK >= vocabulary) && topP === 1 ? undefined : keptTokens(weights, topK, topP);
  let left = uniform * (kept === undefined ? total : kept.reduce((sum, token) => sum + weights[token], 0));
  let last = best - start;
  for (let i = 0; i < (kept?.length ?? vocabulary); i++) {
    const token = kept?.[i] ?? i;
    if (weights[token] === 0) continue;
    last = token;
    left -= weights[token];
    if (left < 0) break;
  }
  return logProbabilityOf(last);
}

/** The tokens that may be drawn, the most likely first. */
function keptTokens(weights: Float64Array, topK: number | null, topP: number): number[] {
  const order = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  const most = order.slice(0, topK ?? order.length);
  const total = most.reduce((sum, token) => sum + weights[token], 0);
  let sum = 0;
  const count = most.findIndex((token) => (sum += weights[token]) >= topP * total);
  return most.slice(0, count === -1 ? most.length : count + 1);
}
