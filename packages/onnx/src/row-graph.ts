import { traceProgram, type Graph, type Tensor } from '@gradus/tensor';

/** A size, or a place along an axis: a number, or so many times the number of rows. */
export type Extent = number | { readonly rows: number };

/** Makes the program for a number of rows. */
export type ProgramOfRows = (rows: number) => unknown;

/** What may differ between programs for other numbers of rows, besides shapes. */
const sizedAttributes: ReadonlySet<string> = new Set(['begin', 'image']);

/**
 * A program whose number of rows is open. Programs are traced with fixed shapes, so it is traced for two numbers of rows; what differs between the two, which
 * must be shapes alone, is a multiple of these.
 */
export class RowGraph {
  readonly graph: Graph;
  private readonly twin: ReadonlyMap<Tensor, Tensor>;
  private readonly rows: readonly [number, number];

  /** @throws RangeError where something else depends on the number of rows. */
  constructor(make: ProgramOfRows) {
    const graphOf = (rows: number): Graph => traceProgram(() => make(rows));
    // No number of rows is a size that is there anyway, which operations could take one for the other.
    const sizes = new Set(graphOf(2).nodes.flatMap(({ shape }) => shape));
    const [few, many] = primes.filter((prime) => !sizes.has(prime));
    this.rows = [few, many];
    this.graph = graphOf(few);
    this.twin = this.compare(graphOf(many));
  }

  /** The shape of a node. */
  shape(node: Tensor): readonly Extent[] {
    return this.extents(node, node.shape, this.other(node).shape);
  }

  /** A list of sizes or places among the attributes of a node. */
  list(node: Tensor, name: string): readonly Extent[] {
    const listOf = (of: Tensor): readonly number[] => of.attributes[name] as readonly number[];
    return this.extents(node, listOf(node), listOf(this.other(node)));
  }

  private other(node: Tensor): Tensor {
    return this.twin.get(node) ?? node;
  }

  private extents(node: Tensor, few: readonly number[], many: readonly number[]): Extent[] {
    return few.map((size, i) => {
      if (size === many[i]) return size;
      const rows = size / this.rows[0];
      if (Number.isInteger(rows) && rows * this.rows[1] === many[i]) return { rows };
      throw new RangeError(
        `toOnnx: expected sizes that are multiples of the number of rows, got ${size} for ${this.rows[0]} rows and ` +
          `${many[i]} for ${this.rows[1]} in '${node.op}'`,
      );
    });
  }

  private compare(many: Graph): Map<Tensor, Tensor> {
    const { nodes } = this.graph;
    const twin = new Map(nodes.map((node, i) => [node, many.nodes[i]] as const));
    if (nodes.length !== many.nodes.length) {
      throw new RangeError(
        `toOnnx: expected a program of the same operations for any number of rows, got ${nodes.length} for ${this.rows[0]} rows and ${many.nodes.length} for ${this.rows[1]}`,
      );
    }
    for (const [node, other] of twin) {
      const isSame =
        node.op === other.op &&
        node.dtype === other.dtype &&
        node.shape.length === other.shape.length &&
        node.inputs.every((input, i) => !twin.has(input) || twin.get(input) === other.inputs[i]) &&
        fixedAttributes(node) === fixedAttributes(other) &&
        constantOf(this.graph, node) === constantOf(many, other);
      if (isSame) continue;
      throw new RangeError(
        `toOnnx: expected a program of the same operations and constants for any number of rows; '${node.op}' is another one for ${this.rows[1]} rows than for ${this.rows[0]}`,
      );
    }
    return twin;
  }
}

const primes: readonly number[] = Array.from({ length: 10_000 }, (_, i) => i).filter(
  (n) => n > 3 && Array.from({ length: Math.floor(Math.sqrt(n)) - 1 }, (_, i) => i + 2).every((d) => n % d !== 0),
);

function fixedAttributes({ attributes }: Tensor): string {
  return JSON.stringify(Object.entries(attributes).filter(([name]) => !sizedAttributes.has(name)));
}

function constantOf({ trace }: Graph, { id }: Tensor): string | undefined {
  return trace.constants.get(id)?.join();
}
