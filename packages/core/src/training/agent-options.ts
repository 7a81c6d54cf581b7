import { checkArguments, checkOptions, optional, positiveInteger } from '@gradus/tensor';
import type { Discrete, Space } from '../spaces/spaces.ts';
import type { LearnMoreOptions, LearnOptions } from './agent.ts';
import { aSpace, objectOf, text } from '../options/argument-checks.ts';

/**
 * The steps up to which `Agent.learn` is to train, counted from the first, where `step` are done. Throws `RangeError` unless they, or those more, are a
 * positive integer.
 */
export function learnSteps(options: LearnOptions | LearnMoreOptions, step = 0): number {
  checkOptions('learn', options as object, { steps: optional(positiveInteger), moreSteps: optional(positiveInteger) });
  if ('moreSteps' in options && !('steps' in options)) {
    checkArguments('learn', { moreSteps: options.moreSteps }, { moreSteps: positiveInteger });
    return step + options.moreSteps;
  }
  if ('moreSteps' in options) throw new RangeError('learn: expected steps or moreSteps, got both');
  checkArguments('learn', { steps: options.steps }, { steps: positiveInteger });
  return options.steps;
}

/**
 * Transitions in a round of `steps` steps of every environment copy, which minibatches take in turn. Throws `RangeError`, beginning with `subject`, unless
 * `batchSize` divides them evenly.
 */
export function roundSize(
  subject: string,
  options: { readonly steps: number; readonly batchSize: number },
  env: { readonly numEnvs: number },
): number {
  const counts = objectOf('an object with steps and batchSize', { steps: positiveInteger, batchSize: positiveInteger });
  const copies = objectOf('environments (with numEnvs)', { numEnvs: positiveInteger });
  checkArguments('roundSize', { subject, options, env }, { subject: text, options: counts, env: copies });
  const { steps, batchSize } = options;
  const size = steps * env.numEnvs;
  if (size % batchSize === 0) return size;
  throw new RangeError(`${subject}: expected batchSize to be a divisor of ${size} (steps × copies), got ${batchSize}`);
}

/** The actions of environments for agents that number them. Throws `RangeError`, beginning with `subject`, for any but `Discrete` ones. */
export function discreteActions(subject: string, env: { readonly actionSpace: Space }): Discrete {
  const acted = objectOf('environments (with actionSpace)', { actionSpace: aSpace });
  checkArguments('discreteActions', { subject, env }, { subject: text, env: acted });
  const { actionSpace } = env;
  if (actionSpace.kind === 'discrete') return actionSpace;
  throw new RangeError(`${subject}: expected an environment with Discrete actions, got ${actionSpace.toString()}`);
}
