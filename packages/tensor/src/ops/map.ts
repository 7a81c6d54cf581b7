import { definePrimitive } from '../primitive.ts';
import { elementOf, type DType } from '../dtype.ts';
import { currentTrace, type GradientRule, type Tensor, type TensorLike } from '../tensor.ts';
import type { Shape } from '../shape.ts';
import { checkArguments, oneOf, optional } from '../check-options.ts';
import { asTensor, isFunction, isTraced, isTracedList, scalar, scalarValue } from './constant.ts';
import * as code from './opcodes.ts';
import { broadcastShapes, broadcastTo } from './broadcast.ts';
import { cast } from './cast.ts';

type UnaryGradient = (x: Tensor, y: Tensor, gradient: Tensor) => Tensor | undefined;

/** Defines a function of one float tensor, element by element. */
function unary(name: string, opcode: number, gradient: UnaryGradient): (x: TensorLike) => Tensor {
  definePrimitive(name, {
    kind: 'map',
    opcode: () => opcode,
    gradient: (node, g) => [gradient(node.inputs[0], node, g)],
  });
  return (x) => {
    const tensor = cast(x, 'float32', name);
    return currentTrace().node(name, [tensor], tensor.shape, 'float32');
  };
}

/** eˣ */
export const exp: (x: TensorLike) => Tensor = unary('exp', code.MAP_EXP, (_, y, g) => mul(g, y));
/** eˣ − 1, exact near 0. */
export const expm1: (x: TensorLike) => Tensor = unary('expm1', code.MAP_EXPM1, (_, y, g) => mul(g, add(y, 1)));
/** Natural logarithm. */
export const log: (x: TensorLike) => Tensor = unary('log', code.MAP_LOG, (x, _, g) => div(g, x));
/** log(1 + x), exact near 0. */
export const log1p: (x: TensorLike) => Tensor = unary('log1p', code.MAP_LOG1P, (x, _, g) => div(g, add(x, 1)));
/** Hyperbolic tangent. */
export const tanh: (x: TensorLike) => Tensor = unary('tanh', code.MAP_TANH, (_, y, g) => mul(g, sub(1, square(y))));
/** 1 / (1 + e⁻ˣ) */
export const sigmoid: (x: TensorLike) => Tensor = unary('sigmoid', code.MAP_SIGMOID, (_, y, g) =>
  mul(g, mul(y, sub(1, y))),
);
/** max(x, 0); its gradient at 0 is 0. */
export const relu: (x: TensorLike) => Tensor = unary('relu', code.MAP_RELU, (_, y, g) => where(less(0, y), g, 0));
/** log(1 + eˣ) */
export const softplus: (x: TensorLike) => Tensor = unary('softplus', code.MAP_SOFTPLUS, (x, _, g) =>
  mul(g, sigmoid(x)),
);
/** x² */
export const square: (x: TensorLike) => Tensor = unary('square', code.MAP_SQUARE, (x, _, g) => mul(mul(g, 2), x));
/** √x */
export const sqrt: (x: TensorLike) => Tensor = unary('sqrt', code.MAP_SQRT, (_, y, g) => div(mul(g, 0.5), y));
/** 1 / x */
export const reciprocal: (x: TensorLike) => Tensor = unary('reciprocal', code.MAP_RECIPROCAL, (_, y, g) =>
  neg(mul(g, square(y))),
);
/** Sine, x in radians. */
export const sin: (x: TensorLike) => Tensor = unary('sin', code.MAP_SIN, (x, _, g) => mul(g, cos(x)));
/** Cosine, x in radians. */
export const cos: (x: TensorLike) => Tensor = unary('cos', code.MAP_COS, (x, _, g) => neg(mul(g, sin(x))));
/** Gauss' error function, 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: (x: TensorLike) => Tensor = unary('erf', code.MAP_ERF, (x, _, g) =>
  mul(mul(g, 2 / Math.sqrt(Math.PI)), exp(neg(square(x)))),
);
/** Largest integer that is not larger; no gradient. */
export const floor: (x: TensorLike) => Tensor = unary('floor', code.MAP_FLOOR, () => undefined);
/** −1, 0 or 1; no gradient. */
export const sign: (x: TensorLike) => Tensor = unary('sign', code.MAP_SIGN, () => undefined);
/** |x| */
export const abs: (x: TensorLike) => Tensor = unary('abs', code.MAP_ABS, (x, _, g) => mul(g, sign(x)));

/** x as a factor: finite at −∞, so that its product with a function that vanishes there is 0, not NaN. */
function factor(x: Tensor): Tensor {
  return maximum(x, -LARGEST);
}

/** The largest float. */
const LARGEST = 2 ** 128 - 2 ** 104;

/** x · sigmoid(x), also called swish (Ramachandran et al., 2017). */
export function silu(x: TensorLike): Tensor {
  const tensor = cast(x, 'float32', 'silu');
  return mul(factor(tensor), sigmoid(tensor));
}

/**
 * x Φ(x), the Gaussian error linear unit (Hendrycks and Gimpel, 2016).
 * @param approximate `tanh` gives GPT-2's formula, ½x (1 + tanh(√(2/π) (x + 0.044715 x³))). Default: exact.
 */
export function gelu(x: TensorLike, options: { readonly approximate?: 'none' | 'tanh' } = {}): Tensor {
  checkArguments('gelu', options, { approximate: optional(oneOf('none', 'tanh')) });
  const tensor = cast(x, 'float32', 'gelu');
  if (options.approximate === 'tanh') {
    const inner = mul(Math.sqrt(2 / Math.PI), add(tensor, mul(0.044715, mul(square(tensor), tensor))));
    return mul(mul(factor(tensor), 0.5), add(1, tanh(inner)));
  }
  // Φ and φ, the normal distribution and its density. The derivative Φ(x) + x φ(x) is one tensor to keep for the backward
  // pass, where the parts of the derived one would be three.
  const distribution = add(mul(0.5, erf(mul(tensor, Math.SQRT1_2))), 0.5);
  return withGradient(mul(factor(tensor), distribution), [tensor], (_, gradient) => {
    const density = exp(add(mul(-0.5, square(tensor)), -0.5 * Math.log(2 * Math.PI)));
    return [mul(gradient, add(distribution, mul(tensor, density)))];
  });
}

/** −x; of a bool, as int32. −(−2³¹) is −2³¹ again. */
export function neg(x: TensorLike): Tensor {
  const given = asTensor(x, 'float32', 'neg');
  const tensor = given.dtype === 'bool' ? cast(given, 'int32') : given;
  if (tensor.op === 'neg') return tensor.inputs[0];
  if (tensor.op === 'constant') {
    return scalar(tensor.dtype === 'int32' ? -scalarValue(tensor) | 0 : -scalarValue(tensor), tensor.dtype);
  }
  return currentTrace().node('neg', [tensor], tensor.shape, tensor.dtype);
}

definePrimitive('neg', {
  kind: 'map',
  opcode: (node) => (node.dtype === 'float32' ? code.MAP_NEGATE : code.MAP_NEGATE_INT),
  gradient: (_, gradient) => [neg(gradient)],
});

const ranks: Readonly<Record<DType, number>> = { bool: 0, int32: 1, float32: 2 };

/** Brings two operands to one shape and one dtype: bool gives way to int32, int32 to float32; whole numbers take the other's. */
function together(operation: string, a: TensorLike, b: TensorLike): [Tensor, Tensor, Shape, DType] {
  const literal = (value: TensorLike, other: TensorLike): Tensor => {
    if (typeof value !== 'number') return asTensor(value, 'float32', operation);
    const integral = typeof other === 'object' && other.dtype !== 'float32' && value === elementOf('int32', value);
    return scalar(value, integral ? 'int32' : 'float32');
  };
  const left = literal(a, b);
  const right = literal(b, a);
  const dtype = ranks[left.dtype] >= ranks[right.dtype] ? left.dtype : right.dtype;
  return [cast(left, dtype), cast(right, dtype), broadcastShapes(operation, left.shape, right.shape), dtype];
}

type BinaryGradient = (a: Tensor, b: Tensor, y: Tensor, gradient: Tensor) => readonly [Tensor, Tensor];
type Binary = (a: TensorLike, b: TensorLike) => Tensor;

/**
 * Defines arithmetic on two tensors that broadcast; `fold` computes it for two numbers and `foldInt` for two integers, modulo 2³²:
 * with the bits that the kernels give.
 */
function binary(
  name: string,
  floatCode: number,
  intCode: number | undefined,
  fold: (a: number, b: number) => number,
  gradient: BinaryGradient,
  foldInt: (a: number, b: number) => number = (a, b) => fold(a, b) | 0,
): Binary {
  definePrimitive(name, {
    kind: 'map',
    opcode: (node) => (node.dtype === 'float32' ? floatCode : (intCode ?? floatCode)),
    gradient: (node, g) => gradient(node.inputs[0], node.inputs[1], node, g),
  });
  return (a, b) => {
    const [first, second, shape, common] = together(name, a, b);
    const whole = intCode === undefined ? 'float32' : 'int32';
    const dtype = common === 'float32' ? common : whole;
    const left = cast(first, dtype);
    const right = cast(second, dtype);
    if (left.op === 'constant' && right.op === 'constant') {
      return scalar((dtype === 'int32' ? foldInt : fold)(scalarValue(left), scalarValue(right)), dtype);
    }
    const neutral = neutralOperand(name, left, right);
    if (neutral !== undefined) return broadcastTo(neutral, shape);
    return currentTrace().node(name, [broadcastTo(left, shape), broadcastTo(right, shape)], shape, dtype);
  };
}

/** x where an operation is x + 0, x − 0, x · 1 or x / 1. Of floats, −0 + 0 is 0: only −0 is added without effect, and 0 taken off. */
function neutralOperand(name: string, left: Tensor, right: Tensor): Tensor | undefined {
  const constantOf = (x: Tensor): number | undefined => (x.op === 'constant' ? scalarValue(x) : undefined);
  const isZero = (x: Tensor, zero: number): boolean =>
    x.dtype === 'float32' ? Object.is(constantOf(x), zero) : constantOf(x) === 0;
  if (name === 'add' && isZero(left, -0)) return right;
  if (name === 'mul' && constantOf(left) === 1) return right;
  if ((name === 'add' && isZero(right, -0)) || (name === 'sub' && isZero(right, 0))) return left;
  if ((name === 'mul' || name === 'div') && constantOf(right) === 1) return left;
  return undefined;
}

/** a + b; of integers modulo 2³². */
export const add: Binary = binary(
  'add',
  code.MAP_ADD,
  code.MAP_ADD_INT,
  (a, b) => a + b,
  (_a, _b, _y, g) => [g, g],
);
/** a − b; of integers modulo 2³². */
export const sub: Binary = binary(
  'sub',
  code.MAP_SUB,
  code.MAP_SUB_INT,
  (a, b) => a - b,
  (_a, _b, _y, g) => [g, neg(g)],
);
/** a · b, element by element; of integers modulo 2³². */
export const mul: Binary = binary(
  'mul',
  code.MAP_MUL,
  code.MAP_MUL_INT,
  (a, b) => a * b,
  (a, b, _y, g) => [mul(g, b), mul(g, a)],
  Math.imul,
);
/** a / b, a float; integers become floats first. */
export const div: Binary = binary(
  'div',
  code.MAP_DIV,
  undefined,
  (a, b) => a / b,
  (_a, b, y, g) => [div(g, b), neg(div(mul(g, y), b))],
);
/** The smaller one; NaN where one is NaN. Where equal, `b`, but the gradient goes to `a`. */
export const minimum: Binary = binary(
  'minimum',
  code.MAP_MIN,
  code.MAP_MIN_INT,
  (a, b) => (a < b || Number.isNaN(a) ? a : b),
  (a, b, _y, g) => [where(lessEqual(a, b), g, 0), where(lessEqual(a, b), 0, g)],
);
/** The larger one; NaN where one is NaN. Where equal, `b`, but the gradient goes to `a`. */
export const maximum: Binary = binary(
  'maximum',
  code.MAP_MAX,
  code.MAP_MAX_INT,
  (a, b) => (a > b || Number.isNaN(a) ? a : b),
  (a, b, _y, g) => [where(lessEqual(b, a), g, 0), where(lessEqual(b, a), 0, g)],
);

/** min(max(x, low), high); the gradient is that of x from `low` to `high`, both included, else 0. */
export function clip(x: TensorLike, low: TensorLike, high: TensorLike): Tensor {
  return minimum(maximum(x, low), high);
}

/** Defines a comparison, whose result is a bool. */
function comparison(name: string, floatCode: number, intCode: number): Binary {
  definePrimitive(name, {
    kind: 'map',
    opcode: (node) => (node.inputs[0].dtype === 'float32' ? floatCode : intCode),
  });
  return (a, b) => {
    const [left, right, shape] = together(name, a, b);
    return currentTrace().node(name, [broadcastTo(left, shape), broadcastTo(right, shape)], shape, 'bool');
  };
}

/** a < b */
export const less: Binary = comparison('less', code.MAP_LESS, code.MAP_LESS_INT);
/** a ≤ b */
export const lessEqual: Binary = comparison('lessEqual', code.MAP_LESS_EQUAL, code.MAP_LESS_EQUAL_INT);
/** a = b */
export const equal: Binary = comparison('equal', code.MAP_EQUAL, code.MAP_EQUAL_INT);
/** a ≠ b */
export const notEqual: Binary = comparison('notEqual', code.MAP_NOT_EQUAL, code.MAP_NOT_EQUAL_INT);
/** a > b */
export const greater: Binary = (a, b) => less(b, a);
/** a ≥ b */
export const greaterEqual: Binary = (a, b) => lessEqual(b, a);

/** Defines an operation on bools. */
function logical(name: string, opcode: number): Binary {
  definePrimitive(name, { kind: 'map', opcode: () => opcode });
  return (a, b) => {
    const left = cast(a, 'bool', name);
    const right = cast(b, 'bool', name);
    const shape = broadcastShapes(name, left.shape, right.shape);
    return currentTrace().node(name, [broadcastTo(left, shape), broadcastTo(right, shape)], shape, 'bool');
  };
}

/** Both. */
export const logicalAnd: Binary = logical('logicalAnd', code.MAP_AND);
/** One or both. */
export const logicalOr: Binary = logical('logicalOr', code.MAP_OR);

/** The opposite of a bool. */
export function logicalNot(x: TensorLike): Tensor {
  const tensor = cast(x, 'bool', 'logicalNot');
  return currentTrace().node('logicalNot', [tensor], tensor.shape, 'bool');
}

definePrimitive('logicalNot', { kind: 'map', opcode: () => code.MAP_NOT });

/** `a` where the condition holds, else `b`. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const [left, right, values, dtype] = together('where', a, b);
  const mask = cast(condition, 'bool', 'where');
  const shape = broadcastShapes('where', mask.shape, values);
  const inputs = [mask, left, right].map((input) => broadcastTo(input, shape));
  return currentTrace().node('where', inputs, shape, dtype);
}

definePrimitive('where', {
  kind: 'map',
  opcode: () => code.MAP_WHERE,
  gradient: (node, g) => [undefined, where(node.inputs[0], g, 0), where(node.inputs[0], 0, g)],
});

/** The same value, through which no gradient flows. */
export function stopGradient(x: TensorLike): Tensor {
  const tensor = asTensor(x, 'float32', 'stopGradient');
  return currentTrace().node('stopGradient', [tensor], tensor.shape, tensor.dtype);
}

definePrimitive('stopGradient', { kind: 'view', view: (_, source) => source });

/**
 * `output`, whose gradient with respect to `inputs` is given by `rule` instead of being derived. For formulas that are
 * shorter or more exact than the derivative of what was computed. The rule's result can itself be differentiated.
 */
export function withGradient(output: Tensor, inputs: readonly Tensor[], rule: GradientRule): Tensor {
  checkArguments(
    'withGradient',
    { output, inputs, rule },
    { output: isTraced, inputs: isTracedList, rule: isFunction },
  );
  const trace = currentTrace();
  const node = trace.fresh('withGradient', [output, ...inputs], output.shape, output.dtype);
  trace.gradientRules.set(node.id, rule);
  return node;
}

definePrimitive('withGradient', {
  kind: 'view',
  view: (_, source) => source,
  gradient: (node, gradient) => [undefined, ...(node.trace.gradientRules.get(node.id)?.(node, gradient) ?? [])],
});
