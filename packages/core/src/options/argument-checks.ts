import { checkArguments, optional, positiveInteger, valueText, type OptionCheck } from '@gradus/tensor';

/** Any function. */
export const aFunction: OptionCheck = { expected: 'a function', accepts: (value) => typeof value === 'function' };

/** Any number, NaN too. */
export const aNumber: OptionCheck = { expected: 'a number', accepts: (value) => typeof value === 'number' };

/** Any string. */
export const text: OptionCheck = { expected: 'a string', accepts: (value) => typeof value === 'string' };

/** Where a file or a folder is. */
export const aPath: OptionCheck = {
  expected: 'a path',
  accepts: (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
};

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

/** Steps after which an episode is cut off, or `Infinity` for never. */
export const stepLimit: OptionCheck = {
  expected: 'a positive integer or Infinity',
  accepts: (value) => value === Infinity || positiveInteger.accepts(value),
};

/** An object whose entries `checks` accept; it may have others. */
export function objectOf(expected: string, checks: Readonly<Record<string, OptionCheck>>): OptionCheck {
  const entries = Object.entries(checks);
  return {
    expected,
    accepts: (value) => isObject(value) && entries.every(([name, { accepts }]) => accepts(value[name])),
    explain(value) {
      if (!isObject(value)) return undefined;
      const wrong = entries.find(([name, { accepts }]) => !accepts(value[name]));
      if (wrong === undefined) return undefined;
      const [name, check] = wrong;
      const reason = check.explain?.(value[name]);
      const detail = reason === undefined ? '' : `: ${reason}`;
      return `${name} is ${valueText(value[name])}, expected ${check.expected}${detail}`;
    },
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

const envEntries = {
  observationSpace: aSpace,
  actionSpace: aSpace,
  reset: aFunction,
  step: aFunction,
  maxEpisodeSteps: optional(stepLimit),
};

const oneEnv = objectOf('an environment (with observationSpace, actionSpace, reset and step)', envEntries);

/** The arrays of a `VectorEnv`, and whether they have a row of an observation for each copy, or a number. */
const copyArrays = [
  ['observations', true],
  ['finalObservations', true],
  ['rewards', false],
  ['terminated', false],
  ['truncated', false],
  ['episodeReturns', false],
  ['episodeLengths', false],
] as const;

const severalEnvs = objectOf('a VectorEnv (with numEnvs, and an array for each of what a step leads to)', {
  ...envEntries,
  numEnvs: positiveInteger,
  ...Object.fromEntries(copyArrays.map(([name]) => [name, numberList])),
});

/** A `VectorEnv`. */
export const aVectorEnv: OptionCheck = {
  expected: severalEnvs.expected,
  accepts: (value) => severalEnvs.accepts(value) && lengthProblem(value) === undefined,
  explain: (value) => (severalEnvs.accepts(value) ? lengthProblem(value) : severalEnvs.explain?.(value)),
};

interface Copies extends Readonly<Record<(typeof copyArrays)[number][0], ArrayLike<number>>> {
  readonly numEnvs: number;
  readonly observationSpace: { readonly size: number };
}

/** Why an array is not as long as its copies need it, in words. */
function lengthProblem(value: unknown): string | undefined {
  const env = value as Copies;
  for (const [name, isRow] of copyArrays) {
    const width = isRow ? env.observationSpace.size : 1;
    const { length } = env[name];
    if (length !== env.numEnvs * width) return `${name} has ${length} elements, expected ${env.numEnvs} × ${width}`;
  }
  return undefined;
}

/** An `Env` or a `VectorEnv`. */
export const anEnv: OptionCheck = {
  expected: oneEnv.expected,
  accepts: (value) => checkFor(value).accepts(value),
  explain: (value) => checkFor(value).explain?.(value),
};

function checkFor(env: unknown): OptionCheck {
  return isObject(env) && 'numEnvs' in env ? aVectorEnv : oneEnv;
}

/** Any object but null. */
export const anObject: OptionCheck = objectOf('an object', {});

/** Options by name. */
export const someOptions: OptionCheck = {
  expected: 'an object of options',
  accepts: (value) => isObject(value) && !Array.isArray(value),
};

/** Options of which `env` is one. */
export const optionsWithEnv: OptionCheck = {
  expected: 'options, the environment among them: { env }',
  accepts: (value) => someOptions.accepts(value) && !('observationSpace' in (value as object)),
  explain: (value) => (isObject(value) && 'observationSpace' in value ? 'it is an environment by itself' : undefined),
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

/** Throws `RangeError`, beginning with `subject`, unless `random` is a source of random numbers. Called for each sample, it looks at the methods by themselves. */
export function checkRandom(subject: string, random: unknown): void {
  const { nextFloat, uniform, integer, normal } = isObject(random) ? random : noMethods;
  const isThere = (method: unknown): boolean => typeof method === 'function';
  if (isThere(nextFloat) && isThere(uniform) && isThere(integer) && isThere(normal)) return;
  checkArguments(subject, { random }, { random: aRandomSource });
}

const noMethods: Readonly<Record<string, unknown>> = {};

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
