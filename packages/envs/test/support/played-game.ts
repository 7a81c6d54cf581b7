import { Random, type Dynamics, type DynamicsState, type RandomSource } from '@gradus/core';

/** A game of MinAtar without sticky actions, of which tests set and see the variables. */
export interface PlayedGame<Name extends string> {
  /** All numbers of a variable. Without a value: as they are; with one, they are set to it. */
  variable(name: Name, value?: readonly number[]): number[];
  /** Does an action for one step, and says what came of it. */
  step(action?: number): { readonly reward: number; readonly terminated: boolean };
  /** The cells in which a channel is 1, [row, column], row by row. */
  cells(channel: number): number[][];
  /** All that the game shows. */
  observation(): Float32Array;
}

/** Begins a game, with some variables then set. */
export function playGame<Name extends string>(
  dynamics: Dynamics<Name, Int32Array>,
  variables: Partial<Record<Name, number | readonly number[]>> = {},
  random: RandomSource = new Random(0),
): PlayedGame<Name> {
  const sizes = Object.entries<number>(dynamics.variables);
  const state = Object.fromEntries(sizes.map(([name, size]) => [name, new Float64Array(size)])) as DynamicsState<Name>;
  dynamics.reset(state, 0, random);
  for (const name of Object.keys(variables) as Name[]) state[name].set([variables[name] ?? []].flat());
  const outcome = { rewards: new Float64Array(1), terminated: new Uint8Array(1) };
  const observation = (): Float32Array => {
    const row = new Float32Array(dynamics.observationSpace.size);
    dynamics.observe(state, row, 0, 1);
    return row;
  };
  return {
    variable(name, value) {
      if (value) state[name].set(value);
      return [...state[name]];
    },
    step(action = 0) {
      dynamics.step(state, Int32Array.of(action), outcome, 0, 1, [random]);
      return { reward: outcome.rewards[0], terminated: outcome.terminated[0] === 1 };
    },
    cells(channel) {
      const row = observation();
      const numChannels = row.length / 100;
      const cells: number[][] = [];
      for (let cell = 0; cell < 100; cell++) {
        if (row[cell * numChannels + channel] === 1) cells.push([Math.floor(cell / 10), cell % 10]);
      }
      return cells;
    },
    observation,
  };
}
