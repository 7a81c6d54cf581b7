import {
  TransitionTable,
  checkArguments,
  dynamicsFromTable,
  flag,
  fraction,
  type Dynamics,
  type Outcome,
} from '@gradus/core';
import { envOptions, integerBelow } from './env-options.ts';
import type { GridPosition } from './grid-map.ts';
import { renderTaxi, taxiFormat } from './rendering/taxi.ts';

/** What may be changed about Taxi. */
export interface TaxiOptions {
  /** Whether moves may drift to a side. Default false. */
  readonly isRainy?: boolean | undefined;
  /** Probability of no drift in the rain; else to either side alike. Default 0.8. */
  readonly rainyProbability?: number | undefined;
  /** Whether passengers may change their minds about where to go, once, at the first move with them. Default false. */
  readonly ficklePassenger?: boolean | undefined;
  /** Probability that an episode's passenger is such a one. Default 0.3. */
  readonly fickleProbability?: number | undefined;
  /** Steps after which an episode is truncated. Default 200 (Taxi-v4). */
  readonly maxEpisodeSteps?: number | undefined;
}

/** What a number of Taxi's observation stands for. */
export interface TaxiState extends GridPosition {
  /** Index into {@link taxiLocations} of where the passenger is; 4 in the taxi. */
  readonly passenger: number;
  /** Index into {@link taxiLocations} of where the passenger wants to go. */
  readonly destination: number;
}

/** The city: between the letters of two squares `:` where there is a way and `|` where there is a wall. */
export const taxiMap: readonly string[] = ['R: | : :G', ' : | : : ', ' : : : : ', ' | : | : ', 'Y| : |B: '];

/** Where passengers wait and want to go: red, green, yellow, blue. */
export const taxiLocations: readonly GridPosition[] = [
  { row: 0, column: 0 },
  { row: 0, column: 4 },
  { row: 4, column: 0 },
  { row: 4, column: 3 },
];

const SIZE = 5;
const IN_TAXI = 4;
const NUM_STATES = 500;
const PICK_UP = 4;
/** Steps in rows and columns of south, north, east, west. */
const MOVES = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;
/** Which moves lie to the left and to the right of each. */
const SIDES = [
  [2, 3],
  [3, 2],
  [1, 0],
  [0, 1],
] as const;

const stateChecks = {
  row: integerBelow(SIZE),
  column: integerBelow(SIZE),
  passenger: integerBelow(IN_TAXI + 1),
  destination: integerBelow(taxiLocations.length),
};

/** ((row · 5 + column) · 5 + passenger) · 4 + destination. Throws `RangeError` for what is no state. */
export function encodeTaxiState(state: TaxiState): number {
  checkArguments('encodeTaxiState', state, stateChecks);
  const { row, column, passenger, destination } = state;
  return ((row * SIZE + column) * 5 + passenger) * 4 + destination;
}

/** What the number of a state, 0 to 499, stands for. Throws `RangeError` for another. */
export function decodeTaxiState(state: number): TaxiState {
  checkArguments('decodeTaxiState', { state }, { state: integerBelow(NUM_STATES) });
  const square = Math.floor(state / 20);
  return {
    row: Math.floor(square / SIZE),
    column: square % SIZE,
    passenger: Math.floor(state / 4) % 5,
    destination: state % 4,
  };
}

/**
 * Taxi-v4 of Gymnasium (Dietterich, 2000): fetch a passenger and take them where they want to go, by driving south (0), north (1), east (2) or
 * west (3), picking up (4) and dropping off (5). Reward −1 for each step, −10 for picking up or dropping off where that is
 * impossible, 20 for the right drop-off, which ends the episode. Observation: see {@link encodeTaxiState}; first states are uniform over
 * those 300 in which the passenger waits elsewhere than at the destination. Action masks: 1 for actions that change the state.
 *
 * In the rain moves that no wall prevents drift to a side with probability 0.1 each. Fickle passengers choose one of the other three
 * destinations at the first move with them. That choice is part of the state and not of the observation, so with fickle passengers
 * there is no transition table. Throws `RangeError` for probabilities outside [0, 1].
 */
export function taxi(options: TaxiOptions = {}): Dynamics<'state' | 'fickle', Int32Array> {
  const {
    isRainy = false,
    rainyProbability = 0.8,
    ficklePassenger = false,
    fickleProbability = 0.3,
    maxEpisodeSteps = 200,
  } = envOptions('taxi', options, {
    isRainy: flag,
    rainyProbability: fraction,
    ficklePassenger: flag,
    fickleProbability: fraction,
  });
  const table = new TransitionTable({
    numStates: NUM_STATES,
    numActions: 6,
    initialDistribution: Array.from({ length: NUM_STATES }, (_, state) => {
      const { passenger, destination } = decodeTaxiState(state);
      return passenger !== IN_TAXI && passenger !== destination ? 1 / 300 : 0;
    }),
    outcomes: (state, action) => {
      if (action >= PICK_UP) return [action === PICK_UP ? pickUp(state) : dropOff(state)];
      if (!isRainy) return [counted(drive(state, action))];
      // Where a wall is ahead, there is no drift either.
      const sides = canDrive(state, action) ? SIDES[action].map((side) => drive(state, side)) : [state, state];
      const driftProbability = (1 - rainyProbability) / 2;
      return [
        counted(drive(state, action), rainyProbability),
        ...sides.map((nextState) => counted(nextState, driftProbability)),
      ];
    },
  });
  const base = dynamicsFromTable(table, { maxEpisodeSteps, actionMasks: changingActions() });

  return {
    ...base,
    /** `fickle`: 1 while the passenger may still change their mind. */
    variables: { state: 1, fickle: 1 },
    transitions: ficklePassenger ? undefined : base.transitions,
    renderFormat: taxiFormat,

    render({ state }, index, context) {
      const { passenger, destination, ...taxi } = decodeTaxiState(state[index]);
      renderTaxi(context, { map: taxiMap, locations: taxiLocations, taxi, passenger, destination });
    },

    reset(variables, index, random) {
      base.reset(variables, index, random);
      if (ficklePassenger) variables.fickle[index] = random.nextFloat() < fickleProbability ? 1 : 0;
    },

    step(variables, actions, outcome, start, end, randoms) {
      if (!ficklePassenger) {
        base.step(variables, actions, outcome, start, end, randoms);
        return;
      }
      const { state, fickle } = variables;
      for (let i = start; i < end; i++) {
        const before = state[i];
        base.step(variables, actions, outcome, i, i + 1, randoms);
        const isMove = Math.floor(before / 20) !== Math.floor(state[i] / 20);
        if (fickle[i] === 0 || !isMove || Math.floor(before / 4) % 5 !== IN_TAXI) continue;
        fickle[i] = 0;
        const choice = randoms[i].integer(3);
        const destination = before % 4;
        state[i] += (choice < destination ? choice : choice + 1) - destination;
      }
    },
  };
}

/** Whether nothing is in the way of a move. */
function canDrive(state: number, move: number): boolean {
  const { row, column } = decodeTaxiState(state);
  const [rowStep, columnStep] = MOVES[move];
  if (rowStep !== 0) return row + rowStep >= 0 && row + rowStep < SIZE;
  return taxiMap[row][2 * column + columnStep] === ':';
}

/** The state after a move. */
function drive(state: number, move: number): number {
  if (!canDrive(state, move)) return state;
  const [rowStep, columnStep] = MOVES[move];
  return state + (rowStep * SIZE + columnStep) * 20;
}

/** An outcome with the reward of an ordinary step. */
function counted(nextState: number, probability = 1): Outcome {
  return { probability, nextState, reward: -1, terminated: false };
}

/** What picking up or dropping off comes to where it is impossible. */
function refused(state: number): Outcome {
  return { probability: 1, nextState: state, reward: -10, terminated: false };
}

function pickUp(state: number): Outcome {
  const taxiState = decodeTaxiState(state);
  if (locationAt(taxiState) !== taxiState.passenger) return refused(state);
  return counted(encodeTaxiState({ ...taxiState, passenger: IN_TAXI }));
}

function dropOff(state: number): Outcome {
  const taxiState = decodeTaxiState(state);
  const location = locationAt(taxiState);
  if (taxiState.passenger !== IN_TAXI || location === -1) return refused(state);
  const terminated = location === taxiState.destination;
  const nextState = encodeTaxiState({ ...taxiState, passenger: location });
  return { probability: 1, nextState, reward: terminated ? 20 : -1, terminated };
}

/** Index of the location on that square, −1 if there is none. */
function locationAt({ row, column }: GridPosition): number {
  return taxiLocations.findIndex((location) => location.row === row && location.column === column);
}

/** For each state which actions change it (without rain), [500 × 6]. */
function changingActions(): Uint8Array {
  const masks = new Uint8Array(NUM_STATES * 6);
  for (let state = 0; state < NUM_STATES; state++) {
    const next = [...MOVES.map((_, move) => drive(state, move)), pickUp(state).nextState, dropOff(state).nextState];
    next.forEach((nextState, action) => (masks[state * 6 + action] = nextState === state ? 0 : 1));
  }
  return masks;
}
