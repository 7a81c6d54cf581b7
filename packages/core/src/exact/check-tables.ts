import { valueText } from '@gradus/tensor';
import { TransitionTable } from '../environments/transition-table.ts';

/** How far from 1 rounding may have left a sum of probabilities; that of `TransitionTable`. */
const TOLERANCE = 1e-9;

/** Throws `RangeError` unless `table` is a {@link TransitionTable}. */
export function checkTable(table: TransitionTable): void {
  const given: unknown = table;
  if (given instanceof TransitionTable) return;
  throw new RangeError(`table: expected a TransitionTable, got ${valueText(given)}`);
}

/** Throws `RangeError` unless 0 ≤ γ ≤ 1. */
export function checkGamma(gamma: number): void {
  const given: unknown = gamma;
  if (typeof given === 'number' && given >= 0 && given <= 1) return;
  throw new RangeError(`gamma: expected a number in [0, 1], got ${valueText(given)}`);
}

/** Throws `RangeError` unless `values` are an array of `length` numbers. `name` begins the message. */
export function checkLength(name: string, values: ArrayLike<number>, length: number): void {
  const given: unknown = values;
  const isArray = Array.isArray(given) || (ArrayBuffer.isView(given) && !(given instanceof DataView));
  if (!isArray) throw new RangeError(`${name}: expected ${length} numbers, got ${valueText(given)}`);
  if (values.length !== length) throw new RangeError(`${name}: expected ${length} numbers, got ${values.length}`);
  for (let i = 0; i < length; i++) {
    const value: unknown = values[i];
    if (typeof value === 'number' && !Number.isNaN(value)) continue;
    throw new RangeError(`${name}: expected numbers, got ${valueText(value)} at index ${i}`);
  }
}

/** Throws `RangeError` unless `policy` is [numStates × numActions] and each row is a probability distribution. */
export function checkPolicy(
  { numStates, numActions }: Pick<TransitionTable, 'numStates' | 'numActions'>,
  policy: ArrayLike<number>,
): void {
  checkLength('policy', policy, numStates * numActions);
  for (let state = 0; state < numStates; state++) {
    let sum = 0;
    for (let action = 0; action < numActions; action++) {
      const probability = policy[state * numActions + action];
      if (!(probability >= 0)) {
        throw new RangeError(`policy: expected probabilities of at least 0 in state ${state}, got ${probability}`);
      }
      sum += probability;
    }
    if (!(Math.abs(sum - 1) <= TOLERANCE)) {
      throw new RangeError(`policy: expected probabilities that sum to 1 in state ${state}, got ${sum}`);
    }
  }
}
