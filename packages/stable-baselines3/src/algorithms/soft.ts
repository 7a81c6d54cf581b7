import type { AgentDescription, ImportedModel } from '../agent-description.ts';
import { ImportError } from '../errors.ts';
import { pythonText } from '../python.ts';
import { Weights, beside, outputsOf } from '../weights.ts';
import { readActivation } from './activation.ts';
import { flatten } from './actor-critic.ts';
import { refuseExpln, wholeDeviations } from './gaussian.ts';
import { criticCount, noteCritics, readCritics, readLook } from './replay-networks.ts';
import { readReplayOptions } from './replay-options.ts';

/** Means before tanh keep within it, with gSDE, here and in Stable-Baselines3's default. */
const CLIP_MEAN = 2;

/** SAC. */
export function describeSac(model: ImportedModel): AgentDescription {
  const weights = new Weights(model.weights, model.subject);
  noteCritics(weights, model, 2);
  return { algorithm: 'sac', ...describeSoft(model, weights, 2) };
}

/** TQC of sb3-contrib. */
export function describeTqc(model: ImportedModel): AgentDescription {
  const { data } = model;
  const weights = new Weights(model.weights, model.subject);
  const critics = criticCount(weights, 'critic');
  const { options, networks } = describeSoft(model, weights, critics);
  const quantiles = networks.critics.at(-1)?.data.length;
  const droppedQuantiles = data.number('top_quantiles_to_drop_per_net');
  return { algorithm: 'tqc', options: { ...options, critics, quantiles, droppedQuantiles }, networks };
}

/** What both have. */
function describeSoft(
  model: ImportedModel,
  weights: Weights,
  critics: number,
): Pick<AgentDescription, 'options' | 'networks'> {
  const { data, variables } = model;
  const hasNoise = weights.has('actor.log_std') && !weights.has('actor.log_std.');
  const features = readLook(weights, 'actor', model);
  const body = weights.stack('actor.latent_pi');
  const head = hasNoise
    ? weights.linear(weights.has('actor.mu.0.') ? 'actor.mu.0' : 'actor.mu')
    : beside(weights.linear('actor.mu'), weights.linear('actor.log_std'));
  if (hasNoise) checkNoise(model);
  const actor = flatten({ features, layers: [...body, head] });
  const online = readCritics(weights, 'critic', model, critics);
  const replay = readReplayOptions(model);
  const noiseSteps = data.number('sde_sample_freq') ?? -1;
  const logAlpha = variables.get('log_ent_coef');
  const target = data.number('target_entropy');
  return {
    options: {
      ...features.layers,
      ...replay,
      ...entropyOptions(model),
      targetEntropy: target,
      hidden: actor.hidden,
      criticHidden: online.hidden,
      activation: readActivation(data, 'relu'),
      stateDependentExploration: hasNoise ? (noiseSteps > 0 ? noiseSteps : replay.trainFrequency) : undefined,
    },
    networks: {
      actor: hasNoise
        ? [...actor.tensors, wholeDeviations(weights.tensor('actor.log_std', 2), outputsOf(head))]
        : actor.tensors,
      critics: online.tensors,
      criticsTarget: readCritics(weights, 'critic_target', model, critics).tensors,
      ...(logAlpha && { entropyCoefficient: [{ shape: [], data: logAlpha.data }] }),
    },
  };
}

function checkNoise(model: ImportedModel): void {
  refuseExpln(model);
  const clip = model.data.policyValue('clip_mean') ?? CLIP_MEAN;
  if (clip === CLIP_MEAN) return;
  throw new ImportError(`${model.subject}: clip_mean: expected ${CLIP_MEAN}, got ${pythonText(clip)}`);
}

/** α, or how it is learned: 'auto', or 'auto_0.1' with what it is at first. */
function entropyOptions({ data, variables }: ImportedModel): Record<string, unknown> {
  const given = data.value('ent_coef');
  const constant = variables.get('ent_coef_tensor')?.data[0] ?? data.number('ent_coef');
  if (!variables.has('log_ent_coef') && constant !== undefined) return { entropyCoefficient: constant };
  const [, first] = String(given).split('_');
  return { entropyCoefficient: 'auto', initialEntropyCoefficient: Number(first) > 0 ? Number(first) : undefined };
}
