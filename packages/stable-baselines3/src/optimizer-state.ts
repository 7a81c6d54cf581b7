import type { AgentDescription, ImportedModel } from './agent-description.ts';
import { ImportError } from './errors.ts';
import type { OptimizerFile } from './optimizer-file.ts';
import type { Tensor } from './torch-file.ts';

/** What one of Gradus' optimizers goes on with. */
export interface OptimizerState {
  /** The network whose weights it changes. */
  readonly network: string;
  /** Steps that it has made. */
  readonly steps: number;
  /** By the names that Gradus' optimizers have for them, `mean` and `meanSquare`: one tensor for each of the network's. */
  readonly slots: Readonly<Record<string, readonly Tensor[]>>;
}

/** Which optimizer of a file is which here, and what the names of its weights may begin with: older files of DQN have the target's among them. */
const places: readonly {
  readonly file: string;
  readonly optimizer: string;
  readonly network: string;
  readonly prefixes: readonly string[];
}[] = [
  { file: 'policy', optimizer: 'optimizer', network: 'parameters', prefixes: [''] },
  { file: 'policy', optimizer: 'optimizer', network: 'online', prefixes: ['q_net.', 'quantile_net.', ''] },
  { file: 'actor', optimizer: 'actorOptimizer', network: 'actor', prefixes: ['actor.'] },
  { file: 'critic', optimizer: 'criticsOptimizer', network: 'critics', prefixes: ['critic.'] },
  { file: 'critic', optimizer: 'criticOptimizer', network: 'critic', prefixes: ['critic.'] },
  { file: 'entropy', optimizer: 'entropyOptimizer', network: 'entropyCoefficient', prefixes: ['log_ent_coef'] },
];

/** Places in a network are whole numbers in float32, up to twice as many as there are weights. */
const MOST_WEIGHTS = 2 ** 23;

/**
 * What the optimizers of a file remember of each weight, where Gradus has that weight, by the names of Gradus' optimizers. What cannot be taken over, because weights
 * are not moved alone but several times there, put together or scaled, is noted as left out.
 */
export function readOptimizerStates(
  model: ImportedModel,
  described: AgentDescription,
  describe: (model: ImportedModel) => AgentDescription,
): Readonly<Record<string, OptimizerState>> {
  const found = places.flatMap((place) => {
    const file = model.optimizers.get(place.file);
    return file !== undefined && file.slots.size > 0 && Object.hasOwn(described.networks, place.network)
      ? [{ ...place, content: file }]
      : [];
  });
  if (found.length === 0) return {};
  const moves = new Moves(model, describe);
  const states = found.flatMap(({ optimizer, network, prefixes, content }): [string, OptimizerState][] => {
    const slots = content.problem ?? moves.slotsOf(content, network, prefixes);
    if (typeof slots !== 'string') return [[optimizer, { network, steps: content.steps, slots }]];
    model.data.leftOut.push(`${content.name}: what the optimizer remembered, since ${slots}; it begins anew`);
    return [];
  });
  return Object.fromEntries(states);
}

/** Where weights are moved: a description is made of the weights' places in place of the weights, and once more of other numbers, which tells moved ones from changed ones. */
class Moves {
  private readonly names: readonly string[];
  private readonly firstNames: ReadonlyMap<string, string>;
  /** The place of each tensor's first number, from 1, by name. */
  private readonly starts = new Map<string, number>();
  private readonly tensors: ReadonlyMap<string, Tensor>;
  private readonly count: number;
  private readonly described: readonly AgentDescription['networks'][] = [];

  constructor(model: ImportedModel, describe: (model: ImportedModel) => AgentDescription) {
    this.names = [...new Set(model.firstNames.values()), ...model.variables.keys()];
    this.firstNames = model.firstNames;
    this.tensors = new Map([...model.weights, ...model.variables]);
    let next = 1;
    for (const name of this.names) {
      this.starts.set(name, next);
      next += this.sizeOf(name);
    }
    this.count = next - 1;
    if (this.count > MOST_WEIGHTS) return;
    const { leftOut } = model.data;
    const noted = leftOut.length;
    this.described = [0, this.count].map((shift) => {
      const numbered = (tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
        new Map(
          Array.from(tensors, ([name, { shape, data }]) => [name, { shape, data: this.numbers(name, data, shift) }]),
        );
      return describe({ ...model, weights: numbered(model.weights), variables: numbered(model.variables) }).networks;
    });
    // They say the same again.
    leftOut.length = noted;
  }

  private sizeOf(name: string): number {
    return this.tensors.get(name)?.data.length ?? 0;
  }

  private numbers(name: string, data: Tensor['data'], shift: number): Float32Array {
    const start = this.starts.get(this.firstNames.get(name) ?? name) ?? 0;
    return Float32Array.from(data, (_, i) => start + i + shift);
  }

  /** The slots of a network's tensors, or why there are none. */
  slotsOf(file: OptimizerFile, network: string, prefixes: readonly string[]): OptimizerState['slots'] | string {
    const own = prefixes
      .map((prefix) => this.names.filter((name) => name.startsWith(prefix)))
      .find(({ length }) => length === file.count);
    if (own === undefined) return `it is of ${file.count} tensors, which are not those of the network`;
    const filled = Object.fromEntries(
      Array.from(file.slots, ([slot, tensors]) => [slot, this.fill(file, own, tensors)] as const),
    );
    const [first, second] = this.described.map((networks) => networks[network]);
    if (first === undefined) return `the network has more than ${MOST_WEIGHTS} numbers`;
    const seen = new Set<number>();
    const isMoved = first.every(({ data }, tensor) =>
      data.every((place, i) => {
        if (place === 0 && second[tensor].data[i] === 0) return true; // a bias that the file has not
        const isNew = !seen.has(place);
        seen.add(place);
        return isNew && second[tensor].data[i] - place === this.count;
      }),
    );
    if (!isMoved) return 'weights of the file are several ones here, or put together or scaled';
    return Object.fromEntries(
      Object.entries(filled).map(([slot, all]) => [
        slot,
        first.map(({ shape, data }) => ({
          shape,
          data: Float32Array.from(data, (place) => (place === 0 ? 0 : all[place - 1])),
        })),
      ]),
    );
  }

  /** A slot of all tensors, at the places of their weights; 0 of those that the optimizer has not changed yet. */
  private fill(file: OptimizerFile, names: readonly string[], tensors: ReadonlyMap<number, Tensor>): Float32Array {
    const all = new Float32Array(this.count);
    for (const [index, { shape, data }] of tensors) {
      const name = names.at(index) ?? '';
      const expected = this.tensors.get(name)?.shape ?? [];
      if (shape.join() !== expected.join()) {
        throw new ImportError(
          `${file.name}: expected [${expected.join(', ')}] for '${name}', got [${shape.join(', ')}]`,
        );
      }
      if (!data.every(Number.isFinite)) throw new ImportError(`${file.name}: damaged: '${name}' is not finite`);
      all.set(data, (this.starts.get(name) ?? 0) - 1);
    }
    return all;
  }
}
