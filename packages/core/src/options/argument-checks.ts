import { positiveInteger, type OptionCheck } from '@gradus/tensor';

/** Any function. */
export const aFunction: OptionCheck = { expected: 'a function', accepts: (value) => typeof value === 'function' };

/** Any number, NaN too. */
export const aNumber: OptionCheck = { expected: 'a number', accepts: (value) => typeof value === 'number' };

/** Any string. */
export const text: OptionCheck = { expected: 'a string', accepts: (value) => typeof value === 'string' };

/** Any array. */
export const aList: OptionCheck = { expected: 'a list', accepts: (value) => Array.isArray(value) };

/** An array of numbers or a typed array. */
export const numberList: OptionCheck = {
  expected: 'a list of numbers',
  accepts: (value) => (Array.isArray(value) ? value.every((entry) => typeof entry === 'number') : isTyped(value)),
};

/** Where results are written. */
export const floatArray: OptionCheck = {
  expected: 'a Float32Array or Float64Array',
  accepts: (value) => value instanceof Float32Array || value instanceof Float64Array,
};

/** A `Float64Array`. */
export const float64Array: OptionCheck = {
  expected: 'a Float64Array',
  accepts: (value) => value instanceof Float64Array,
};

/** An object whose entries `checks` accept; it may have others. */
export function objectOf(expected: string, checks: Readonly<Record<string, OptionCheck>>): OptionCheck {
  const entries = Object.entries(checks);
  return {
    expected,
    accepts: (value) => isObject(value) && entries.every(([name, { accepts }]) => accepts(value[name])),
  };
}

/** An object with these methods. */
export function havingMethods(expected: string, ...names: readonly string[]): OptionCheck {
  return objectOf(expected, Object.fromEntries(names.map((name) => [name, aFunction])));
}

/** Any space. */
export const aSpace: OptionCheck = {
  expected: 'a space (Box, Discrete, MultiDiscrete, MultiBinary or Dict)',
  accepts: (value) => isObject(value) && spaceKinds.includes(String(value.kind)),
};

const spaceKinds = ['box', 'discrete', 'multi-discrete', 'multi-binary', 'dict'];

/** An `Env` or a `VectorEnv`. */
export const anEnv: OptionCheck = objectOf('an environment (with observationSpace, actionSpace, reset and step)', {
  observationSpace: aSpace,
  actionSpace: aSpace,
  reset: aFunction,
  step: aFunction,
});

/** Any object but null. */
export const anObject: OptionCheck = objectOf('an object', {});

/** Options by name. */
export const someOptions: OptionCheck = {
  expected: 'an object of options',
  accepts: (value) => isObject(value) && !Array.isArray(value),
};

/** A `VectorEnv`. */
export const aVectorEnv: OptionCheck = {
  expected: 'a VectorEnv',
  accepts: (value) =>
    anEnv.accepts(value) && positiveInteger.accepts((value as { readonly numEnvs?: unknown }).numEnvs),
};

/** What buffers need to know of environments. */
export const aReplayedEnv: OptionCheck = objectOf('environments (with numEnvs, observationSpace and actionSpace)', {
  numEnvs: positiveInteger,
  observationSpace: aSpace,
  actionSpace: aSpace,
});

/** Indices of rows. */
export const rowIndices: OptionCheck = {
  expected: 'a Uint32Array of rows',
  accepts: (value) => value instanceof Uint32Array,
};

/** A `TransitionTable`. */
export const aTransitionTable: OptionCheck = objectOf('a TransitionTable', {
  numStates: positiveInteger,
  numActions: positiveInteger,
  offsets: numberList,
  probabilities: numberList,
});

/** What programs run on. */
export const aDevice: OptionCheck = havingMethods('a device', 'store', 'compile');

/** A `Random` or a `NumpyRandom`. */
export const aRandomSource: OptionCheck = havingMethods(
  'a source of random numbers (Random)',
  'nextFloat',
  'uniform',
  'integer',
  'normal',
);

/** An `Agent` or another `Policy`. */
export const aPolicy: OptionCheck = havingMethods('a policy (with act)', 'act');

function isTyped(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) && 'length' in value && typeof (value as unknown as ArrayLike<unknown>)[0] !== 'bigint'
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
