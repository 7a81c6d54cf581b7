import type { Tensor } from '@gradus/tensor';

/** JavaScript for an element, made of that for the same element of each operand. */
type Formula = (operands: readonly string[], node: Tensor) => string;

const call =
  (name: string): Formula =>
  (operands) =>
    `${name}(${operands.join(', ')})`;

const between =
  (operator: string, intWrap: (text: string) => string = (text) => `(${text} | 0)`): Formula =>
  ([a, b], { dtype }) =>
    dtype === 'int32' ? intWrap(`${a} ${operator} ${b}`) : `(${a} ${operator} ${b})`;

const comparison =
  (operator: string): Formula =>
  ([a, b]) =>
    `(${a} ${operator} ${b})`;

/** Operations on each element alone. */
export const elementFormulas: Readonly<Record<string, Formula>> = {
  exp: call('Math.exp'),
  expm1: call('Math.expm1'),
  log: call('Math.log'),
  log1p: call('Math.log1p'),
  tanh: call('Math.tanh'),
  sigmoid: ([x]) => `1 / (1 + Math.exp(-${x}))`,
  relu: ([x]) => `Math.max(${x}, 0)`,
  softplus: call('softplus'),
  square: ([x]) => `(${x}) ** 2`,
  sqrt: call('Math.sqrt'),
  reciprocal: ([x]) => `(1 / ${x})`,
  sin: call('Math.sin'),
  cos: call('Math.cos'),
  floor: call('Math.floor'),
  sign: call('Math.sign'),
  abs: call('Math.abs'),
  neg: ([x]) => `(-${x})`,
  logicalNot: ([x]) => `!${x}`,
  add: between('+'),
  sub: between('-'),
  mul: ([a, b], { dtype }) => (dtype === 'int32' ? `Math.imul(${a}, ${b})` : `(${a} * ${b})`),
  div: comparison('/'),
  minimum: call('Math.min'),
  maximum: call('Math.max'),
  less: comparison('<'),
  lessEqual: comparison('<='),
  equal: comparison('==='),
  notEqual: comparison('!=='),
  logicalAnd: comparison('&&'),
  logicalOr: comparison('||'),
  where: ([condition, a, b]) => `(${condition} ? ${a} : ${b})`,
  cast: ([x], { dtype, inputs: [from] }) => {
    if (dtype === 'bool') return `(${x} !== 0)`;
    if (from.dtype === 'bool') return `Number(${x})`;
    return dtype === 'int32' ? `Math.trunc(${x})` : x;
  },
};

/** Functions that expressions may call. */
export const helperSources: Readonly<Record<string, string>> = {
  each: 'const each = (size, element) => Float32Array.from({ length: size }, (_, i) => element(i));',
  dot: `/** Element \`column\` of the product of a row with a matrix. */
function dot(row, matrix, column) {
  const columns = matrix.length / row.length;
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i] * matrix[i * columns + column];
  return sum;
}`,
  softplus: 'const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));',
  sum: 'const sum = (x, from, count) => x.slice(from, from + count).reduce((total, value) => total + value, 0);',
  max: 'const max = (x, from, count) => x.slice(from, from + count).reduce((most, value) => Math.max(most, value), -Infinity);',
  min: 'const min = (x, from, count) => x.slice(from, from + count).reduce((least, value) => Math.min(least, value), Infinity);',
  argmax: `/** The place of the first largest of some numbers. */
function argmax(x, from, count) {
  let best = 0;
  for (let i = 1; i < count; i++) if (x[from + i] > x[from + best]) best = i;
  return best;
}`,
};
