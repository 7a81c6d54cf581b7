import type { Activation } from '@gradus/tensor';
import { ImportError } from '../errors.ts';
import type { ModelData } from '../model-file.ts';
import { nameOf, pythonText } from '../python.ts';

/** By the names of PyTorch's modules. */
const activations: Readonly<Record<string, Activation>> = {
  ReLU: 'relu',
  Tanh: 'tanh',
  Sigmoid: 'sigmoid',
  GELU: 'gelu',
  SiLU: 'silu',
  Softplus: 'softplus',
};

/** The function between hidden layers, `usual` where the file names none. Throws {@link ImportError} for one that Gradus has not. */
export function readActivation(data: ModelData, usual: Activation): Activation {
  const given = data.policyValue('activation_fn');
  if (given === undefined) return usual;
  const name = nameOf(given)?.split('.').at(-1) ?? '';
  if (Object.hasOwn(activations, name)) return activations[name];
  const known = Object.keys(activations).join(', ');
  throw new ImportError(`${data.subject}: activation_fn: expected one of ${known}, got ${pythonText(given)}`);
}
