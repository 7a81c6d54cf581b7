import { ImportError } from '../errors.ts';
import { readFeatures, type Features } from '../features.ts';
import type { ImportedModel } from '../agent-description.ts';
import type { Tensor } from '../torch-file.ts';
import { Weights } from '../weights.ts';
import { flatten } from './actor-critic.ts';

/** The layers that look at observations, of an actor or of critics. Throws {@link ImportError} for those that Gradus has not. */
export function readLook(weights: Weights, owner: string, { observation, subject }: ImportedModel): Features {
  const features = readFeatures(weights, `${owner}.features_extractor`, observation);
  if (features.hidden.length > 0) {
    throw new ImportError(
      `${subject}: expected observations that are no pictures, or a Dict of them: here critics see actions before the layer after NatureCNN, there behind it`,
    );
  }
  return features;
}

/** The critics `owner.qf0`, `owner.qf1`, … : the tensors of so many, and the sizes of their hidden layers. */
export function readCritics(
  weights: Weights,
  owner: string,
  model: ImportedModel,
  count: number,
): { readonly tensors: Tensor[]; readonly hidden: number[] } {
  const features = readLook(weights, owner, model);
  const there = criticCount(weights, owner);
  if (there === 0) throw new ImportError(`${model.subject}: expected critics '${owner}.qf0', …, got none`);
  // One critic twice is as good as one: the smaller of equal values is either.
  const critics = Array.from({ length: count }, (_, i) =>
    flatten({ features, layers: weights.stack(`${owner}.qf${Math.min(i, there - 1)}`) }),
  );
  return { tensors: critics.flatMap(({ tensors }) => tensors), hidden: critics[0].hidden };
}

/** How many there are. */
export function criticCount(weights: Weights, owner: string): number {
  let count = 0;
  while (weights.has(`${owner}.qf${count}.`)) count++;
  return count;
}

/** Notes critics that Gradus' algorithm, which has `count`, has no place for. */
export function noteCritics(weights: Weights, { data }: ImportedModel, count: number): void {
  const there = criticCount(weights, 'critic');
  if (there > count) data.leftOut.push(`n_critics: ${there}, of which the first ${count} are taken`);
}
