import { ImportError } from '../errors.ts';
import type { ImportedModel } from '../agent-description.ts';

/** Options of algorithms that learn from rounds of fresh experience. Throws {@link ImportError} for policies that Gradus has not. */
export function readRolloutOptions({ data }: ImportedModel): Record<string, unknown> {
  const { subject } = data;
  const steps = data.number('n_steps');
  if (data.policyValue('squash_output') === true) {
    throw new ImportError(
      `${subject}: squash_output: expected false, since actions are cut off at their bounds, got true`,
    );
  }
  const noiseSteps = data.number('sde_sample_freq') ?? -1;
  return {
    steps,
    gamma: data.number('gamma'),
    gaeLambda: data.number('gae_lambda'),
    learningRate: data.schedule('learning_rate'),
    stateDependentExploration: data.value('use_sde') === true ? (noiseSteps > 0 ? noiseSteps : steps) : undefined,
  };
}

/** Options of those whose actor and critic have one loss. */
export function readLossOptions({ data }: ImportedModel): Record<string, unknown> {
  return {
    entropyCoefficient: data.number('ent_coef'),
    valueCoefficient: data.number('vf_coef'),
    maxGradNorm: data.number('max_grad_norm'),
  };
}

/** Steps of a round at most: a damaged file could have any. */
const MOST_STEPS = 2 ** 24;

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

/** Transitions in a minibatch: as many as the file says, or the next fewer that divide a round, in whole sequences of `length`. */
export function fittingBatch({ data, copies }: ImportedModel, length = 1): number | undefined {
  const [steps, given] = [data.number('n_steps'), data.number('batch_size')];
  if (steps === undefined || given === undefined) return undefined;
  const round = steps * copies;
  if (!isSize(steps) || !isSize(given) || round > MOST_STEPS) {
    const got = `${steps} × ${copies} and ${given}`;
    throw new ImportError(
      `${data.subject}: expected rounds (n_steps × n_envs) and batch_size of up to ${MOST_STEPS}, got ${got}`,
    );
  }
  let size = Math.max(Math.floor(Math.min(given, round) / length), 1) * length;
  while (round % size !== 0) size -= length;
  if (size !== given) {
    data.leftOut.push(
      `batch_size: ${given}, which does not divide the ${round} steps of a round as is needed; ${size} takes its place`,
    );
  }
  return size;
}
