import {
  checkUpdate,
  everyStep,
  finiteNumber,
  fraction,
  naturalNumber,
  savedValues,
  type Agent,
  type AgentKind,
  type AgentParts,
  type OptionCheck,
  type Progress,
  type Random,
  type SavedParts,
  type TrainingEnv,
} from '@gradus/core';
import { bestAction } from './best-action.ts';
import { Explorer, epsilonGreedy, explorationStrategy, sampleAction, type Exploration } from './exploration.ts';
import { stepSize, type StepSize } from './step-size.ts';
import { TabularActionValues } from './tabular-action-values.ts';
import { TabularEnv } from './tabular-env.ts';
import { ValueTable } from './value-table.ts';

/** What all tabular agents may be told. */
export interface TabularOptions {
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** α, a number, a schedule or a rule of visits. Default 0.1 (Sutton and Barto, 2018). */
  readonly alpha: StepSize;
  /** How actions are tried. Default ε-greedy with ε = 0.1 (Sutton and Barto, 2018). */
  readonly exploration: Exploration;
  /** What all action values are at first; one above all true values makes agents try everything. Default 0. */
  readonly initialValue: number;
  /** Seeds exploration and the environment. Default 0. */
  readonly seed: number;
}

/** Those of the textbook's examples. */
export const tabularDefaults: TabularOptions = {
  gamma: 0.99,
  alpha: 0.1,
  exploration: epsilonGreedy(0.1),
  initialValue: 0,
  seed: 0,
};

/** What the options of {@link TabularOptions} must be. */
export const tabularChecks: { readonly [Name in keyof TabularOptions]: OptionCheck } = {
  gamma: fraction,
  alpha: stepSize,
  exploration: explorationStrategy,
  initialValue: finiteNumber,
  seed: naturalNumber,
};

/** The options of methods that have no others. */
export const tabularOptions: Pick<AgentKind<TabularOptions>, 'defaults' | 'checks'> = {
  defaults: tabularDefaults,
  checks: tabularChecks,
};

/** Environment steps between two yields of `learn`. */
const YIELD_INTERVAL = 1000;

/** Whose learner it is. */
type Learner = Pick<Agent, 'algorithm' | 'step'> & { readonly options: TabularOptions };

/**
 * What all tabular control shares: a table q(s, a), acting by it, exploring, and the loop around a method's update, which learns from the transition that
 * `world` holds. Where the environment has action masks, illegal actions are neither taken nor bootstrapped from.
 */
export class TabularLearner {
  readonly world: TabularEnv;
  readonly values: TabularActionValues;
  /** `values.table`, as it learns. */
  readonly table: ValueTable;
  /** The part of training that is done, for schedules. */
  progress = 0;
  /** That of the agent. */
  readonly random: Random;
  private readonly agent: Learner;
  private readonly explorer: Explorer;
  /** The action that on-policy learning has chosen for the next step already; −1 if none. */
  private readonly next = { chosen: -1 };
  /** Sum of |errors| since the last yield, and their number. */
  private errorSum = 0;
  private errorCount = 0;

  /**
   * Learns in one copy of an environment with `Discrete` or `MultiDiscrete` observations and `Discrete` actions. Throws `RangeError`, beginning with the
   * agent's algorithm, for any other.
   */
  constructor(agent: Learner, training: TrainingEnv, random: Random) {
    const { alpha, exploration, initialValue } = agent.options;
    this.agent = agent;
    this.random = random;
    this.world = new TabularEnv(agent.algorithm, training);
    const { numStates, numActions } = this.world;
    this.table = new ValueTable(numStates * numActions, initialValue, alpha);
    this.values = new TabularActionValues(this.world, this.table.values);
    this.explorer = new Explorer(exploration, this.values.table, this.values.visits, numActions);
  }

  /** What its agent is made of; `own`: what the method has besides. */
  parts({ learned, state, episode }: SavedParts = {}): AgentParts {
    const { values, table, next } = this;
    const counts = savedValues({ visits: values.visits, updates: table.updates });
    return {
      policy: values,
      learned: { actionValues: values.table, ...learned },
      state: { counts, ...state },
      episode: { next: savedValues(next), ...episode },
    };
  }

  /** Trains until `totalSteps` environment steps are done, with an update after each; yields every 1000 of them, and at the end. */
  train(totalSteps: number, rule: { update(transition: TabularEnv): void }): Generator<Progress, void, void> {
    const { world, explorer } = this;
    world.checkMask();
    return everyStep(world.training, totalSteps, {
      interval: YIELD_INTERVAL,
      step: (progress) => {
        this.progress = progress;
        const action = this.next.chosen === -1 ? this.explore(world.currentState, world.currentMask) : this.next.chosen;
        this.next.chosen = -1;
        world.step(action);
        this.values.visits[world.pair]++;
        rule.update(world);
      },
      report: () => {
        const { errorSum, errorCount } = this;
        this.errorSum = 0;
        this.errorCount = 0;
        return {
          ...(errorCount > 0 ? { 'train/td_error': errorSum / errorCount } : {}),
          'train/exploration': explorer.level,
        };
      },
    });
  }

  private explore(state: number, mask: Uint8Array | undefined): number {
    const policy = this.explorer.policyIn(state, mask, this.progress);
    return sampleAction(policy, 0, policy.length, this.random);
  }

  /** Moves q of `pair` towards `target` by α. */
  moveTowards(pair: number, target: number): void {
    this.noteError(this.table.moveTowards(pair, target, this.progress));
  }

  /** Counts an error in the metric `train/td_error`. Throws `DivergenceError` for one that is not finite. */
  noteError(error: number): void {
    if (error - error !== 0) checkUpdate(this.agent, { 'train/td_error': error });
    this.errorSum += Math.abs(error);
    this.errorCount++;
  }

  /** max_a q(s, a) of the state that the step began in. */
  maximumValue(): number {
    return this.maximumIn(this.world.state, this.world.mask);
  }

  /** max_a q(s′, a); 0 where the task ended. */
  maximumNextValue(): number {
    const { world } = this;
    return world.terminated ? 0 : this.maximumIn(world.nextState, world.nextMask);
  }

  private maximumIn(state: number, mask: Uint8Array | undefined): number {
    const { table, numActions } = this.values;
    const first = state * numActions;
    return table[first + bestAction(table, first, numActions, mask)];
  }

  /** Σ_a π(a | s′) q(s′, a), π being how actions are tried; 0 where the task ended. */
  expectedNextValue(): number {
    const { world } = this;
    const { table, numActions } = this.values;
    if (world.terminated) return 0;
    const policy = this.explorer.policyIn(world.nextState, world.nextMask, this.progress);
    const first = world.nextState * numActions;
    let value = 0;
    for (let a = 0; a < numActions; a++) value += policy[a] * table[first + a];
    return value;
  }

  /**
   * q(s′, a′) of the action a′ that is drawn now and will be taken in the next step; 0 where the task ended. Where the episode was cut off, a′ is only
   * drawn.
   */
  sampledNextValue(): number {
    const { world } = this;
    const { table, numActions } = this.values;
    if (world.terminated) return 0;
    const action = this.explore(world.nextState, world.nextMask);
    if (!world.ended) this.next.chosen = action;
    return table[world.nextState * numActions + action];
  }
}
