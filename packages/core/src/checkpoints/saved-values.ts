import { checkArguments, type OptionCheck } from '@gradus/tensor';
import { anObject } from '../options/argument-checks.ts';
import { isTypedArray, readNumber, restoreArray, type Stateful, type StateValue, type TypedArray } from './state.ts';

const numbersAndArrays: OptionCheck = {
  expected: 'an object of numbers and typed arrays',
  accepts: (value) =>
    anObject.accepts(value) &&
    Object.values(value as object).every((each) => typeof each === 'number' || isTypedArray(each)),
};

/** Numbers, which change by assignment, and arrays, whose elements do, as a part that is saved: `values` itself is what goes on changing. */
export function savedValues(values: Record<string, number | TypedArray>): Stateful {
  checkArguments('savedValues', { values }, { values: numbersAndArrays });
  return {
    getState: () =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]): [string, StateValue] => [
          name,
          typeof value === 'number' ? value : value.slice(),
        ]),
      ),
    setState: (state) => {
      for (const [name, value] of Object.entries(values)) {
        if (typeof value === 'number') values[name] = readNumber(state, name);
        else restoreArray(state, name, value);
      }
    },
  };
}
