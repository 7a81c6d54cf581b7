import type { Checkpoint } from '@gradus/core';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '@gradus/tensor';

type Tensors = Record<string, StoredTensor>;

const ENDING = '.safetensors';

/**
 * A checkpoint with the networks of another: those of `weights`, one file in which the name of a tensor begins with that of its network. Target networks are not
 * kept there; they are as those that they follow. Optimizers begin anew.
 */
export function withWeights(checkpoint: Checkpoint, weights: Uint8Array): Checkpoint {
  const networks = new Map<string, Tensors>();
  for (const [name, tensor] of Object.entries(decodeSafetensors(weights))) {
    const [network, ...path] = name.split('/');
    const tensors = networks.get(network) ?? {};
    tensors[path.join('/')] = tensor;
    networks.set(network, tensors);
  }
  const files = Object.entries(checkpoint.files).map(([file, bytes]) => {
    const tensors = networks.get(followed(file.slice(0, -ENDING.length)));
    return [file, tensors ? encodeSafetensors(tensors) : bytes];
  });
  return { ...checkpoint, files: Object.fromEntries(files) as Checkpoint['files'] };
}

/** The networks of a checkpoint that {@link withWeights} needs, as one record of tensors. */
export function keptWeights({ files }: Checkpoint): Tensors {
  const kept: Tensors = {};
  for (const [file, bytes] of Object.entries(files)) {
    const name = file.slice(0, -ENDING.length);
    if (/optimizer/i.test(name) || followed(name) !== name) continue;
    for (const [tensor, stored] of Object.entries(decodeSafetensors(bytes))) kept[`${name}/${tensor}`] = stored;
  }
  return kept;
}

/** The network that a target network follows, or the network itself. */
function followed(name: string): string {
  return name === 'target' ? 'online' : name.replace(/Target$/, '');
}
