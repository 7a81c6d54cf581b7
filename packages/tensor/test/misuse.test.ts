import { describe, expect, test } from 'vitest';
import * as g from '../src/index.ts';
import { testRandom } from './support/random.ts';

/*
 * Every function of the package called with what its types forbid but JavaScript allows: it works, or its error says what was
 * expected. None is an error of the language from somewhere inside.
 */

type Call = (...values: readonly unknown[]) => unknown;

const junk: readonly unknown[] = [
  ...[undefined, null, NaN, Infinity, -1, 0, 1.5, 2 ** 40, '5', 'false', true, 5n, Symbol('s')],
  ...[
    [],
    [1],
    [null],
    ['a'],
    {},
    { a: 1 },
    { shape: [1] },
    { parameters: 1 },
    () => 1,
    new Float32Array(3),
    new Map(),
    new Date(0),
  ],
];

/** Good arguments of every function, inside a program. What is tried replaces each of them in turn, and each option. */
const good = (): Readonly<Record<string, readonly unknown[]>> => {
  const x = g.constant([2, 3], [1, 2, 3, 4, 5, 6]);
  const rows = g.constant([2], [0, 1], 'int32');
  const w = g.variable([2], [1, 2], { name: 'w' });
  const random = testRandom(1);
  const image = g.full([1, 3, 3, 1], 1);
  const parameters = { w };
  const loss = g.sum(g.square(w));
  const file = g.saveParameters(parameters);
  const binary = [
    'add',
    'sub',
    'mul',
    'div',
    'minimum',
    'maximum',
    'less',
    'lessEqual',
    'equal',
    'notEqual',
    'greater',
  ];
  const unary = [
    'abs',
    'cos',
    'erf',
    'exp',
    'expm1',
    'floor',
    'log',
    'log1p',
    'logicalNot',
    'neg',
    'reciprocal',
    'relu',
  ];
  unary.push('sigmoid', 'sign', 'silu', 'sin', 'softplus', 'sqrt', 'square', 'stopGradient', 'tanh', 'flatten');
  return {
    ...Object.fromEntries([...binary, 'greaterEqual', 'logicalAnd', 'logicalOr'].map((name) => [name, [x, x]])),
    ...Object.fromEntries(unary.map((name) => [name, [x]])),
    ...Object.fromEntries(
      ['sum', 'mean', 'max', 'min', 'logSumExp'].map((name) => [name, [x, { axis: 0, keepDims: true }]]),
    ),
    variance: [x, { axis: 0, keepDims: true, correction: 0 }],
    cumulativeSum: [x, { axis: 0, reverse: true }],
    ...Object.fromEntries(['argmax', 'softmax', 'logSoftmax', 'expandDims'].map((name) => [name, [x, 0]])),
    activate: [x, 'relu'],
    adam: [parameters, { learningRate: 0.1, beta1: 0.9, beta2: 0.9, epsilon: 0 }],
    adamW: [parameters, { learningRate: 0.1, beta1: 0.9, beta2: 0.9, epsilon: 0, weightDecay: 0 }],
    rAdam: [parameters, { learningRate: 0.1, beta1: 0.9, beta2: 0.9, epsilon: 0 }],
    sgd: [parameters, { learningRate: 0.1, momentum: 0.5 }],
    rmsProp: [parameters, { learningRate: 0.1, decay: 0.5, epsilon: 0, centered: true, insideRoot: true }],
    applyGraph: [g.traceProgram(() => g.program({ x: [2] }, (given) => given)), { x: w }],
    asTensor: [x, 'float32'],
    assign: [w, 1],
    attention: [x, x, x, { causal: true, isVisible: w }],
    broadcastTo: [x, [2, 3]],
    cast: [x, 'int32'],
    causalAttention: [x, x, x],
    checkArguments: ['f', { a: 1 }, { a: g.positiveInteger }],
    checkOptions: ['f', { a: 1 }, { a: g.positiveInteger }],
    clip: [x, 0, 1],
    concat: [[x, x], 0],
    constant: [[2], [1, 2], 'float32'],
    constantValue: [1],
    conv2d: [image, g.full([2, 2, 1, 1], 1), { stride: 1, padding: 'same' }],
    convolution: [
      { input: 1, output: 1, kernel: 2, stride: 1, padding: 'same', weight: 'he', activation: 'relu', random },
    ],
    copyParameters: [parameters, { w: g.variable([2]) }],
    decodeSafetensors: [file],
    defaultDevice: [],
    device: ['wasm', { threads: 1 }],
    disposeParameters: [{ w: g.variable([2]) }],
    embedding: [x, rows],
    embeddingTable: [{ rows: 2, width: 2, weight: 'he', random }],
    encodeSafetensors: [{ a: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } }],
    evaluate: [() => ({}), { device: g.device('wasm') }],
    fanInUniform: [[2, 3], random],
    full: [[2], 1],
    gather: [x, rows],
    gelu: [x, { approximate: 'tanh' }],
    globalNorm: [[x]],
    glorotUniform: [[2, 3], random],
    grad: [loss, [w]],
    gru: [{ input: 1, hidden: 2, random }],
    lstm: [{ input: 1, hidden: 2, random }],
    heUniform: [[2, 3], random],
    joinParameters: [{ a: parameters }],
    layerNorm: [x, { scale: 1, shift: 1, epsilon: 1 }],
    layerNormalization: [3],
    lazyDevice: [g.device('wasm')],
    linear: [{ input: 1, output: 1, weight: 'he', bias: false, activation: 'relu', name: 'a', random }],
    loadParameters: [parameters, file, { strict: true, rename: String, isTransposed: () => false }],
    matmul: [x, g.transpose(x)],
    mlp: [
      {
        input: 1,
        hidden: [2],
        output: 1,
        activation: 'relu',
        outputActivation: 'relu',
        weight: 'he',
        outputWeight: 'he',
        bias: 'zeros',
        random,
      },
    ],
    module: [parameters, () => x, []],
    normalInitializer: [1],
    nullable: [g.flag],
    oneHot: [rows, 3],
    oneOf: ['a', 'b'],
    optional: [g.flag],
    orthogonal: [1],
    pad: [
      x,
      [
        [0, 1],
        [1, 0],
      ],
    ],
    outputShape: [g.flatten, [2, 3, 4]],
    parameter: ['a', [2], 'zeros', random],
    polyakUpdate: [parameters, { w: g.variable([2]) }, 0.5],
    program: [{ x: [1] }, ({ x }: { x: g.Tensor }) => ({ x }), { device: g.device('wasm') }],
    randomCategorical: [rows, x],
    randomNormal: [rows, [2]],
    randomUniform: [rows, [2]],
    range: [3],
    rejectUnknown: ['f', { a: 1 }, { a: 2 }],
    reshape: [x, [3, 2]],
    rmsNorm: [x, { scale: 1, epsilon: 1 }],
    rmsNormalization: [3],
    saveParameters: [parameters],
    scalar: [1, 'int32'],
    scalarValue: [g.scalar(1)],
    scatterAdd: [x, rows, [2, 3]],
    sequential: [[g.flatten]],
    setDefaultDevice: [g.defaultDevice()],
    shapeText: [[1]],
    similarNames: ['a', ['b']],
    sizeOf: [[1]],
    slice: [x, [0, 0], [1, 1]],
    sliceAt: [x, 0, { size: 1, axis: 0 }],
    split: [x, 3, 1],
    squeeze: [g.full([1], 1), 0],
    stack: [[x, x], 0],
    traceProgram: [() => g.program({ x: [1] }, (given) => given)],
    transpose: [x, [1, 0]],
    updateAt: [x, g.full([1, 3], 1), 0, { axis: 0 }],
    valueText: [1],
    variable: [[2], [1, 2], { name: 'a', dtype: 'float32' }],
    where: [true, x, x],
    withGradient: [x, [x], () => [x]],
    zeros: [[2], random],
  };
};

/** Those that serve authors of packages, whose callers have been checked: they say what they were given. */
const internal = [
  'checkArguments',
  'checkOptions',
  'rejectUnknown',
  'nearestNames',
  'similarNames',
  'nullable',
  'optional',
  'oneOf',
  'scalarValue',
  'shapeText',
  'sizeOf',
];

const functions = Object.entries(g as Readonly<Record<string, unknown>>).filter(
  ([name, value]) => typeof value === 'function' && !/^[A-Z]/.test(name) && !internal.includes(name),
);

const native =
  /is not a function|of undefined|of null|is not iterable|Cannot |Invalid|call stack|undefined \(reading|BigInt|Symbol value|unknown tensor|has no memory|is used before/;

function complaint(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    const isNamed = message.includes(':') || message.includes(' would ');
    return native.test(message) || !isNamed ? message : undefined;
  }
}

/** Runs `check` inside a program, with the good arguments of a function. */
function inside(name: string, check: (given: readonly unknown[]) => void): void {
  g.evaluate(
    () => {
      check(good()[name]);
      return {};
    },
    { device: g.device('wasm') },
  );
}

test('there are good arguments for every function', () => {
  g.evaluate(() => {
    expect(Object.keys(good())).toEqual(expect.arrayContaining(functions.map(([name]) => name)));
    return {};
  });
});

describe.each(functions)('%s', (name, value) => {
  const call = value as Call;

  test('works as it should', () => {
    inside(name, (given) => {
      expect(complaint(() => call(...given))).toBeUndefined();
    });
  });

  test('says what is wrong with an argument or an option', () => {
    const complaints: string[] = [];
    inside(name, (given) => {
      const attempt = (i: number, wrong: unknown, label: string): void => {
        const problem = complaint(() => call(...given.with(i, wrong)));
        if (problem !== undefined) complaints.push(`${label}: ${problem}`);
      };
      given.forEach((argument, i) => {
        // Tensors are made by operations: what they consist of is not for callers.
        const isOptions = Object.getPrototypeOf(argument) === Object.prototype && !('trace' in (argument as object));
        for (const wrong of junk) {
          attempt(i, wrong, `argument ${i}, ${g.valueText(wrong)}`);
          for (const option of isOptions ? Object.keys(argument as object) : []) {
            attempt(i, { ...(argument as object), [option]: wrong }, `${option}, ${g.valueText(wrong)}`);
          }
        }
      });
    });
    expect(complaints).toEqual([]);
  });
});
