import type { Translate, Translator } from './translator.ts';

/** An operator of ONNX that does the same. */
const same =
  (type: string): Translate =>
  (node, to) =>
    to.apply(type, to.operands(node));

/** A function of one float. */
const formula =
  (write: (x: string, to: Translator) => string): Translate =>
  (node, to) =>
    write(to.value(node.inputs[0]), to);

/** Another node's value. */
const passed: Translate = (node, to) => to.value(node.inputs[0]);

/** eˣ − 1. Near 0, where that would lose its digits, by tanh: eˣ − 1 = 2 tanh(x/2) / (1 − tanh(x/2)). */
const expm1 = formula((x, to) => {
  const half = to.apply('Tanh', [to.apply('Mul', [x, to.model.scalar(0.5)])]);
  const near = to.apply('Div', [to.apply('Add', [half, half]), to.apply('Sub', [to.model.scalar(1), half])]);
  const far = to.apply('Sub', [to.apply('Exp', [x]), to.model.scalar(1)]);
  return to.apply('Where', [isSmall(x, to), near, far]);
});

/** log(1 + x). Near 0 it is log(u) x / (u − 1) with u = 1 + x, rounded (Kahan), or x itself. */
const log1p = formula((x, to) => {
  const u = to.apply('Add', [x, to.model.scalar(1)]);
  const far = to.apply('Log', [u]);
  const excess = to.apply('Sub', [u, to.model.scalar(1)]);
  const near = to.apply('Div', [to.apply('Mul', [far, x]), excess]);
  const isTiny = to.apply('Equal', [excess, to.model.scalar(0)]);
  return to.apply('Where', [isTiny, x, to.apply('Where', [isSmall(x, to), near, far])]);
});

function isSmall(x: string, to: Translator): string {
  return to.apply('Less', [to.apply('Abs', [x]), to.model.scalar(0.5)]);
}

/** Runtimes give 0 for the sigmoid of what is below −18, so that its logarithm is written as −log(1 + e⁻ˣ). */
const log: Translate = ({ inputs: [x] }, to) => {
  if (x.op !== 'sigmoid') return to.apply('Log', [to.value(x)]);
  return to.apply('Neg', [to.apply('Softplus', [to.apply('Neg', [to.value(x.inputs[0])])])]);
};

/** To int32 towards zero: NaN becomes 0, and what int32 does not reach its nearer end, of which runtimes make what they like. */
const cast: Translate = (node, to) => {
  const [input] = node.inputs;
  const x = to.value(input);
  if (node.dtype === 'bool') return to.apply('Not', [to.apply('Equal', [x, to.model.scalar(0, input.dtype)])]);
  if (node.dtype !== 'int32' || input.dtype !== 'float32') return to.cast(x, node.dtype);
  const number = to.apply('Where', [to.apply('IsNaN', [x]), to.model.scalar(0), x]);
  // 2³¹ − 1 is no float: the largest one below is 2³¹ − 128.
  const within = to.apply('Clip', [number, to.model.scalar(-(2 ** 31)), to.model.scalar(2 ** 31 - 128)]);
  const isAbove = to.apply('GreaterOrEqual', [number, to.model.scalar(2 ** 31)]);
  return to.apply('Where', [isAbove, to.model.scalar(2 ** 31 - 1, 'int32'), to.cast(within, 'int32')]);
};

/** Runtimes choose among floats and integers. */
const where: Translate = (node, to) => {
  const [condition, a, b] = to.operands(node);
  if (node.dtype !== 'bool') return to.apply('Where', [condition, a, b]);
  return to.cast(to.apply('Where', [condition, to.cast(a, 'int32'), to.cast(b, 'int32')]), 'bool');
};

/** What is computed of each element alone. */
export const elementOperations: Readonly<Record<string, Translate>> = {
  exp: same('Exp'),
  expm1,
  log,
  log1p,
  tanh: same('Tanh'),
  sigmoid: same('Sigmoid'),
  relu: same('Relu'),
  softplus: same('Softplus'),
  square: formula((x, to) => to.apply('Mul', [x, x])),
  sqrt: same('Sqrt'),
  reciprocal: same('Reciprocal'),
  sin: same('Sin'),
  cos: same('Cos'),
  erf: same('Erf'),
  floor: same('Floor'),
  sign: same('Sign'),
  abs: same('Abs'),
  neg: same('Neg'),
  logicalNot: same('Not'),
  add: same('Add'),
  sub: same('Sub'),
  mul: same('Mul'),
  div: same('Div'),
  minimum: same('Min'),
  maximum: same('Max'),
  less: same('Less'),
  lessEqual: same('LessOrEqual'),
  equal: same('Equal'),
  notEqual: (node, to) => to.apply('Not', [to.apply('Equal', to.operands(node))]),
  logicalAnd: same('And'),
  logicalOr: same('Or'),
  where,
  cast,
  stopGradient: passed,
  withGradient: passed,
};
