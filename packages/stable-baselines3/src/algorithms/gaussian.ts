import { ImportError } from '../errors.ts';
import type { ImportedModel } from '../agent-description.ts';
import type { Tensor } from '../torch-file.ts';

/** Log deviations of gSDE's weights, [features × actions]: where the file has one for all actions, each action gets it here. */
export function wholeDeviations(logStd: Tensor, actions: number): Tensor {
  const { shape, data } = logStd;
  if (shape.length !== 2 || shape[1] === actions) return logStd;
  const whole = Float32Array.from({ length: shape[0] * actions }, (_, i) => data[Math.floor(i / actions)]);
  return { shape: [shape[0], actions], data: whole };
}

/** Throws {@link ImportError} for deviations that are no exponentials. */
export function refuseExpln({ data, subject }: ImportedModel): void {
  if (data.policyValue('use_expln') === true) throw new ImportError(`${subject}: use_expln: expected false, got true`);
}
