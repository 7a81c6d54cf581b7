import type { Program } from '@gradus/tensor';
import { checkActionMasks } from '../environments/check-action-masks.ts';
import { actionCounts } from '../environments/dynamics.ts';
import type { VectorEnv } from '../environments/vector-env.ts';
import type { Observation } from '../spaces/spaces.ts';
import type { ActOptions } from '../training/agent.ts';
import { observationRows } from './observation-rows.ts';

/** What a network says of observations [batch × size]; where it knows masks, of legal actions alone. */
export type LookupProgram<Name extends string> = Program<
  Record<'observations', unknown> & Partial<Record<'actionMasks', unknown>>,
  Record<Name, unknown>
>;

/** What a {@link NetworkLookup} is made of. */
export interface NetworkLookupOptions<Name extends string> {
  /** The environments that the network is trained in. */
  readonly env: VectorEnv;
  /** Compiles the program for a number of observations; called once for each. */
  readonly compile: (batch: number) => LookupProgram<Name>;
  /** Writes what the network sees of `observations` into `target`. Default: a copy. */
  readonly prepare?: ((observations: Float32Array, target: Float32Array) => void) | undefined;
}

/** Asks a network about one observation or many; it is compiled for each number of observations that it meets. */
export class NetworkLookup<Name extends string> {
  private readonly options: NetworkLookupOptions<Name>;
  private readonly programs = new Map<number, LookupProgram<Name>>();

  constructor(options: NetworkLookupOptions<Name>) {
    this.options = options;
  }

  /**
   * Copies of what it says, by name. `observations`: a member of the observation space, or several in a Float32Array [n × observation size].
   * Throws `RangeError` for other sizes, and for masks without a legal action, and `EnvError` for numbers that are not finite.
   */
  run(
    observations: Observation | Float32Array,
    { actionMasks }: Pick<ActOptions, 'actionMasks'> = {},
  ): Record<Name, Float32Array> {
    const { env, prepare } = this.options;
    const { observationSpace, actionSpace } = env;
    const rows = observationRows(env, observations);
    const batch = rows.length / observationSpace.size;
    if (actionMasks) checkActionMasks(actionMasks, actionCounts(actionSpace), batch);
    const program = this.programs.get(batch) ?? this.options.compile(batch);
    this.programs.set(batch, program);
    const { inputs } = program;
    if (prepare === undefined) inputs.observations.set(rows);
    else prepare(rows, inputs.observations as Float32Array);
    if (actionMasks) inputs.actionMasks?.set(actionMasks);
    else inputs.actionMasks?.fill(1);
    const results = Object.entries(program.run());
    return Object.fromEntries(
      results.map(([name, values]) => [name, Float32Array.from(values as Float32Array)]),
    ) as Record<Name, Float32Array>;
  }

  /** Frees the programs. */
  dispose(): void {
    for (const program of this.programs.values()) program.dispose();
    this.programs.clear();
  }
}
