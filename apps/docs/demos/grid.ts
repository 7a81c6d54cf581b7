import { TransitionTable, dynamicsFromTable, envFromDynamics, type Env, type Outcome } from '@gradus/core';
import { QLearning, epsilonGreedy, actionValues, evaluatePolicy, greedyPolicy } from '@gradus/value-based';
import type { Demo, DemoSettings, Ended, GridView, Snapshot } from './demo.ts';
import { GrowingCurve } from './engine/growing-curve.ts';

const ROWS = 6;
const COLUMNS = 9;
const SQUARES = ROWS * COLUMNS;
const START = 2 * COLUMNS;
const GOAL = 2 * COLUMNS + COLUMNS - 1;
/** Squares that are walls at first: one with a gap above it and below. */
const WALLS = [1, 2, 3, 4].map((row) => row * COLUMNS + 4);
/** Steps in rows and columns of up, right, down, left. */
const MOVES = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
] as const;
const REWARD = 100;
const LIMIT = 200;
/** Environment steps of an update of Q-learning. */
const STEPS = 50;
/** Steps after which Q-learning has nothing more to learn. */
const MOST_STEPS = 100_000;
/** A change of a value that nobody sees. */
const SETTLED = 1e-6;

/** The grid as a decision process: 100 for entering the goal, which ends the episode; walls and edges stop; with probability `slip` a move goes to a side. */
export function gridTable(walls: ReadonlySet<number>, slip: number): TransitionTable {
  const move = (square: number, action: number): Omit<Outcome, 'probability'> => {
    if (square === GOAL || walls.has(square)) return { nextState: square, reward: 0, terminated: true };
    const [down, right] = MOVES[action];
    const row = Math.floor(square / COLUMNS) + down;
    const column = (square % COLUMNS) + right;
    const isInside = row >= 0 && row < ROWS && column >= 0 && column < COLUMNS;
    const there = row * COLUMNS + column;
    const nextState = isInside && !walls.has(there) ? there : square;
    const terminated = nextState === GOAL;
    return { nextState, reward: terminated ? REWARD : 0, terminated };
  };
  return new TransitionTable({
    numStates: SQUARES,
    numActions: MOVES.length,
    initialDistribution: Array.from({ length: SQUARES }, (_, square) => Number(square === START)),
    outcomes: (square, action) =>
      slip === 0
        ? [{ probability: 1, ...move(square, action) }]
        : [
            { probability: 1 - slip, ...move(square, action) },
            { probability: slip / 2, ...move(square, (action + 1) % MOVES.length) },
            { probability: slip / 2, ...move(square, (action + 3) % MOVES.length) },
          ],
  });
}

/** Value iteration and Q-learning (S1.2, S2.2) on a grid whose walls can be changed at any time: what was learned before stays. */
class GridDemo implements Demo {
  private readonly gamma: number;
  private readonly slip: number;
  private readonly seed: number;
  private readonly isExact: boolean;
  private readonly walls = new Set(WALLS);
  private table: TransitionTable;
  private env: Env;
  private agent: QLearning | undefined;
  /** q(s, a), [squares × actions]. */
  private q: Float64Array = new Float64Array(SQUARES * MOVES.length);
  private step = 0;
  private square = START;
  private score: number | undefined;
  private best: number | undefined;
  ended: Ended | undefined;
  private readonly curve = new GrowingCurve();
  private readonly optimum = new GrowingCurve();

  constructor({ seed, chosen }: DemoSettings) {
    this.gamma = Number(chosen.gamma);
    this.slip = Number(chosen.slip);
    this.seed = seed;
    this.isExact = chosen.method === 'value-iteration';
    this.table = gridTable(this.walls, this.slip);
    this.env = this.build();
    this.measure();
  }

  private build(): Env {
    this.table = gridTable(this.walls, this.slip);
    const dynamics = dynamicsFromTable(this.table, { maxEpisodeSteps: LIMIT });
    if (!this.isExact) {
      const learned = this.q;
      this.agent = new QLearning(envFromDynamics(dynamics), {
        gamma: this.gamma,
        // In a world without chance one visit says all there is to say.
        alpha: this.slip === 0 ? 1 : 0.2,
        exploration: epsilonGreedy(0.3),
        seed: this.seed + this.step,
      });
      this.q = this.agent.values.table;
      this.q.set(learned);
    }
    const env = envFromDynamics(dynamics);
    env.reset({ seed: this.seed });
    this.square = START;
    return env;
  }

  learn(): void {
    if (this.ended !== undefined) return;
    if (this.agent) {
      Array.from(this.agent.learn({ moreSteps: STEPS }));
      this.step += STEPS;
    } else {
      const before = this.q;
      this.q = actionValues(this.table, this.stateValues(), this.gamma);
      this.step++;
      if (this.q.every((value, pair) => Math.abs(value - before[pair]) < SETTLED)) this.ended = 'settled';
    }
    this.measure();
    if (this.agent && this.step >= MOST_STEPS) this.ended = 'all steps done';
  }

  private stateValues(): Float64Array {
    const actions = MOVES.length;
    return Float64Array.from({ length: SQUARES }, (_, square) =>
      this.q.subarray(square * actions, (square + 1) * actions).reduce((most, value) => Math.max(most, value)),
    );
  }

  /** What the start is worth under the policy that is greedy for q, exactly. */
  private measure(): void {
    const policy = greedyPolicy(this.q, MOVES.length);
    const value = evaluatePolicy(this.table, policy, this.gamma)[START];
    this.score = value;
    this.best = Math.max(this.best ?? -Infinity, value);
    this.curve.add(this.step, value);
    this.optimum.add(this.step, this.stateValues()[START]);
  }

  play(): void {
    const actions = this.bestActions(this.square);
    const action = actions[this.step % actions.length];
    const { observation, terminated, truncated } = this.env.step(action);
    this.square = terminated || truncated ? Number(this.env.reset().observation) : Number(observation);
  }

  private bestActions(square: number): number[] {
    const values = Array.from(this.q.subarray(square * MOVES.length, (square + 1) * MOVES.length));
    const most = Math.max(...values);
    return values.flatMap((value, action) => (value > most - 1e-6 ? [action] : []));
  }

  change(place: number): void {
    if (place === START || place === GOAL) return;
    if (!this.walls.delete(place)) this.walls.add(place);
    this.ended = undefined;
    this.best = undefined;
    this.env = this.build();
    this.measure();
  }

  snapshot(): Snapshot {
    const { step, score, best, ended, curve, optimum, square } = this;
    return {
      ...{ step, score, best, ended, unit: this.isExact ? 'sweeps' : 'environment steps' },
      curves: [
        { label: 'what the start is worth', points: curve.points },
        { label: 'what it is believed to be worth', points: optimum.points },
      ],
      views: [
        {
          title: 'Action values where the agent is',
          kind: 'values',
          bars: ['up', 'right', 'down', 'left'].map((label, action) => ({
            label,
            value: this.q[square * MOVES.length + action],
          })),
        },
      ],
      grid: this.view(),
    };
  }

  private view(): GridView {
    const all = Array.from({ length: SQUARES }, (_, square) => square);
    const kind = (square: number): GridView['squares'][number] =>
      square === START ? 'start' : square === GOAL ? 'goal' : this.walls.has(square) ? 'wall' : 'free';
    const values = this.stateValues();
    return {
      rows: ROWS,
      columns: COLUMNS,
      squares: all.map(kind),
      values: Array.from(values),
      best: all.map((square) => (values[square] === 0 ? [] : this.bestActions(square))),
      agent: this.square,
    };
  }

  dispose(): void {
    this.agent?.dispose();
  }
}

/** The demo of the catalog. */
export const create = (settings: DemoSettings): Demo => new GridDemo(settings);
