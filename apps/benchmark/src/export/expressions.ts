import { scalarValue, sizeOf, type Graph, type Tensor, type TensorData } from '@gradus/tensor';
import { UserError } from '../user-error.ts';
import { elementFormulas, helperSources } from './formulas.ts';

/** Numbers that a module has, by the name of its constant. */
export interface Numbers {
  readonly name: string;
  readonly data: TensorData;
  readonly comment: string;
}

/** Of nodes that are worth no array of their own, however often they are read. */
const free: ReadonlySet<string> = new Set(['input', 'variable', 'constant', 'constantData']);
const views: ReadonlySet<string> = new Set([
  'broadcast',
  'slice',
  'transpose',
  'reshape',
  'stopGradient',
  'withGradient',
]);

/**
 * JavaScript for a program of one row, expression by expression: what is read once stands where it is read, so that a layer of a network is a line,
 *
 *     const values1 = each(64, (i) => Math.tanh(dot(observation, weight, i) + bias[i]));
 */
export class Expressions {
  /** The statements so far. */
  readonly lines: string[] = [];
  readonly numbers: Numbers[] = [];
  private readonly graph: Graph;
  private readonly inputs: Readonly<Record<string, string>>;
  private readonly names = new Map<Tensor, string>();
  private readonly uses = new Map<Tensor, number>();
  private readonly helpers = new Set<string>(['each']);

  /** `inputs`: what the inputs of `graph` are called. */
  constructor(graph: Graph, inputs: Readonly<Record<string, string>>) {
    this.graph = graph;
    this.inputs = inputs;
    for (const node of graph.nodes) {
      for (const input of node.inputs) this.uses.set(input, (this.uses.get(input) ?? 0) + 1);
    }
  }

  /** The functions that expressions call, by name. */
  get functions(): string[] {
    return Object.entries(helperSources).flatMap(([name, source]) => (this.helpers.has(name) ? [source] : []));
  }

  /** Element `i` of a node. */
  element(node: Tensor, i: string): string {
    if (node.op === 'constant') return literal(scalarValue(node));
    const isKept = this.names.has(node) || free.has(node.op);
    if (isKept || (!views.has(node.op) && (this.uses.get(node) ?? 0) > 1)) return `${this.array(node)}[${i}]`;
    return this.compute(node, i);
  }

  /** The name of an array with a node's elements. */
  array(node: Tensor): string {
    const known = this.names.get(node);
    if (known !== undefined) return known;
    const source = this.source(node);
    if (source !== undefined) return this.array(source);
    const name = this.nameOf(node);
    this.names.set(node, name);
    return name;
  }

  private nameOf(node: Tensor): string {
    if (node.op === 'input') return this.inputs[node.attributes.name as string];
    if (node.op === 'variable') {
      const [variable] = [...this.graph.variables].find(([, each]) => each === node) ?? [];
      if (variable !== undefined) return this.constant(variable.name, variable.read(), variable.shape);
    }
    if (node.op === 'constantData') {
      return this.constant('numbers', node.trace.constants.get(node.id) ?? new Float32Array(), node.shape);
    }
    const value =
      node.op === 'concat' ? this.joined(node) : `each(${sizeOf(node.shape)}, (i) => ${this.compute(node, 'i')})`;
    const name = `values${this.lines.length + 1}`;
    this.lines.push(`const ${name} = ${value};`);
    return name;
  }

  private constant(wanted: string, data: TensorData, shape: readonly number[]): string {
    // No name that begins with a digit, or is one of ours.
    const word = wanted.replaceAll(/\W/g, '_').replace(/^(?=\d|values$)/, '_');
    const same = this.numbers.filter(({ name }) => name.replace(/\d*$/, '') === word).length;
    const name = `${word}${same + 1}`;
    this.numbers.push({ name, data, comment: `[${shape.join(', ')}]` });
    return name;
  }

  /** The node whose elements in order are those of a view. */
  private source(node: Tensor): Tensor | undefined {
    const isSame = ['reshape', 'stopGradient', 'withGradient'].includes(node.op);
    return isSame || (views.has(node.op) && sizeOf(node.shape) === 1 && sizeOf(node.inputs[0].shape) === 1)
      ? node.inputs[0]
      : undefined;
  }

  private compute(node: Tensor, i: string): string {
    const source = this.source(node);
    if (source !== undefined) return this.element(source, i);
    if (views.has(node.op)) return this.element(node.inputs[0], viewIndex(node, i));
    const formula = Object.hasOwn(elementFormulas, node.op) ? elementFormulas[node.op] : undefined;
    if (formula !== undefined) {
      const operands = node.inputs.map((input) => this.element(input, i));
      return this.calling(formula(operands, node));
    }
    switch (node.op) {
      case 'matmul':
        return this.product(node, i);
      case 'sum':
      case 'max':
      case 'min':
      case 'argmax':
        return this.reduced(node, i);
      case 'concat':
        return `${this.array(node)}[${i}]`;
      case 'gatherRows': {
        const [table, index] = node.inputs;
        const width = sizeOf(table.shape.slice(1));
        const row = `${this.array(index)}[${width === 1 ? i : `(${i} / ${width}) | 0`}]`;
        return `${this.array(table)}[${row} * ${width}${width === 1 ? '' : ` + (${i} % ${width})`}]`;
      }
      case 'gatherEach': {
        const [x, index] = node.inputs;
        return `${this.array(x)}[${i} * ${x.shape[x.shape.length - 1]} + ${this.element(index, i)}]`;
      }
      default:
        throw unsupported(node);
    }
  }

  private product(node: Tensor, i: string): string {
    const [left, right] = node.inputs;
    const isRow = sizeOf(left.shape) === left.shape[left.shape.length - 1];
    if (!isRow || sizeOf(right.shape.slice(0, -2)) !== 1 || node.attributes.triangle !== undefined) {
      throw unsupported(node);
    }
    return this.calling(`dot(${this.array(left)}, ${this.array(right)}, ${i})`);
  }

  private reduced(node: Tensor, i: string): string {
    const { start, end } = node.attributes as { start: number; end: number };
    const [whole] = node.inputs;
    if (sizeOf(whole.shape.slice(end)) !== 1) throw unsupported(node);
    const count = sizeOf(whole.shape.slice(start, end));
    const from = sizeOf(node.shape) === 1 ? '0' : `${count} * ${i === 'i' ? i : `(${i})`}`;
    const x = node.op === 'argmax' ? unshifted(whole) : whole;
    return this.calling(`${node.op}(${this.array(x)}, ${from}, ${count})`);
  }

  private joined(node: Tensor): string {
    if (sizeOf(node.shape.slice(0, node.attributes.axis as number)) !== 1) throw unsupported(node);
    return `[${node.inputs.map((input) => `...${this.array(input)}`).join(', ')}]`;
  }

  /** Notes which helpers an expression calls. */
  private calling(expression: string): string {
    for (const name of Object.keys(helperSources)) if (expression.includes(`${name}(`)) this.helpers.add(name);
    return expression;
  }
}

function unsupported(node: Tensor): UserError {
  return new UserError(
    `--format js: expected a network of dense layers, got one with '${node.op}' of shape [${node.shape.join(', ')}]; --format onnx writes any`,
  );
}

function literal(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** What a logarithm of probabilities was made of: where they are largest is where the logits are. */
function unshifted(node: Tensor): Tensor {
  let x = node;
  while (['withGradient', 'stopGradient'].includes(x.op)) [x] = x.inputs;
  if (x.op !== 'sub' || x.inputs[1].op !== 'broadcast') return node;
  const { shape } = x.inputs[1].inputs[0];
  return shape[shape.length - 1] === 1 ? x.inputs[0] : node;
}

/** Where element `i` of a view is in its source. */
function viewIndex(node: Tensor, i: string): string {
  const { shape, inputs, attributes, op } = node;
  const from = inputs[0].shape;
  const strides = from.map((_, axis) => sizeOf(from.slice(axis + 1)));
  let offset = 0;
  let along: number[];
  if (op === 'slice') {
    offset = (attributes.begin as readonly number[]).reduce((sum, start, axis) => sum + start * strides[axis], 0);
    along = strides;
  } else if (op === 'transpose') along = (attributes.permutation as readonly number[]).map((axis) => strides[axis]);
  else {
    const missing = shape.length - from.length;
    along = shape.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing]));
  }
  return indexText(joinAxes(shape, along), offset, i);
}

interface Axis {
  readonly extent: number;
  readonly stride: number;
}

/** Axes that are passed through as one, put together; those of size 1 left out. */
function joinAxes(shape: readonly number[], strides: readonly number[]): Axis[] {
  const joined: Axis[] = [];
  shape.forEach((extent, axis) => {
    const stride = strides[axis];
    const last = joined.at(-1);
    if (extent === 1) return;
    if (last?.stride === stride * extent) joined[joined.length - 1] = { extent: last.extent * extent, stride };
    else joined.push({ extent, stride });
  });
  return joined;
}

function indexText(axes: readonly Axis[], offset: number, index: string): string {
  const i = /^\w+$/.test(index) ? index : `(${index})`;
  let inner = 1;
  const terms: string[] = [];
  axes.toReversed().forEach(({ extent, stride }, position) => {
    const whole = inner === 1 ? i : `((${i} / ${inner}) | 0)`;
    const coordinate = position === axes.length - 1 ? whole : `(${whole} % ${extent})`;
    if (stride !== 0) terms.unshift(stride === 1 ? coordinate : `${stride} * ${coordinate}`);
    inner *= extent;
  });
  if (offset !== 0) terms.push(String(offset));
  return terms.length === 0 ? '0' : terms.join(' + ');
}
