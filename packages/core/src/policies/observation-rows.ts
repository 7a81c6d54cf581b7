import { valueText } from '@gradus/tensor';
import type { VectorEnv } from '../environments/vector-env.ts';
import { numberList } from '../options/argument-checks.ts';
import { numbersOf, type Observation } from '../spaces/spaces.ts';
import { checkObservations } from '../training/check-acting.ts';
import { shownObservations } from './shown-observations.ts';

/**
 * What an agent that was trained in `env` sees of one observation or of several in a Float32Array: a copy, [n × observation size]. Throws `RangeError` for other
 * sizes and for what is not in a discrete space, and `EnvError` for numbers that are not finite.
 */
export function observationRows(env: VectorEnv, observations: Observation | Float32Array): Float32Array {
  const { observationSpace } = env;
  const { size } = observationSpace;
  const numbers = numbersOf(observationSpace, observations);
  if (!numberList.accepts(numbers)) {
    throw new RangeError(`observations: expected a list of numbers, got ${valueText(observations)}`);
  }
  const rows = Float32Array.from(numbers);
  const count = rows.length / size;
  if (!(Number.isInteger(count) && count > 0)) {
    throw new RangeError(`observations: expected ${size} numbers, or as many for each of several, got ${rows.length}`);
  }
  checkObservations(observationSpace, rows);
  return shownObservations(env, rows);
}
