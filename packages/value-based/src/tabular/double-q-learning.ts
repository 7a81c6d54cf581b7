import {
  BaseAgent,
  savedValues,
  type AgentParts,
  type DeviceOption,
  type Env,
  type Progress,
  type VectorEnv,
} from '@gradus/core';
import { bestAction } from './best-action.ts';
import type { TabularActionValues } from './tabular-action-values.ts';
import { TabularLearner, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';
import { ValueTable } from './value-table.ts';

/**
 * Double Q-learning (van Hasselt, 2010; S2.4): of two tables a coin chooses one to learn; it chooses the next action, which the other
 * one values, so that no value is the largest of several noisy ones.
 *
 *     q₁(s, a) ← q₁(s, a) + α [r + γ q₂(s′, argmax_a′ q₁(s′, a′)) − q₁(s, a)],   or the same with q₁ and q₂ exchanged
 *
 * The values by which it acts and explores are (q₁ + q₂) / 2. Rules of visits count the updates of each table.
 */
export class DoubleQLearning extends BaseAgent<TabularOptions> {
  static readonly algorithm = 'double-q-learning';
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: TabularLearner;
  private readonly first: ValueTable;
  private readonly second: ValueTable;

  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> & DeviceOption = {}) {
    const { algorithm } = DoubleQLearning;
    super({ name: algorithm, algorithm, defaults: tabularDefaults, checks: tabularChecks }, env, options);
    this.learner = new TabularLearner(this, this.training, this.random);
    this.values = this.learner.values;
    this.actionValues = this.values.of;
    const { initialValue, alpha } = this.options;
    const [first, second] = [0, 1].map(() => new ValueTable(this.values.table.length, initialValue, alpha));
    this.first = first;
    this.second = second;
    this.parts = this.learner.parts({
      learned: { first: first.values, second: second.values },
      state: { updates: savedValues({ first: first.updates, second: second.updates }) },
    });
  }

  protected train(totalSteps: number): Generator<Progress, void, void> {
    const { learner, first, second, options, random } = this;
    const { world, values } = learner;
    return learner.train(totalSteps, () => {
      const { pair, reward } = world;
      const isFirst = random.nextFloat() < 0.5;
      const chooser = isFirst ? first : second;
      const other = isFirst ? second : first;
      const target = reward + options.gamma * this.nextValue(chooser.values, other.values);
      learner.noteError(chooser.moveTowards(pair, target, learner.progress));
      values.table[pair] = (first.values[pair] + second.values[pair]) / 2;
    });
  }

  /** q of the values in s′ for the action that is best for the chooser; 0 where the task ended. */
  private nextValue(chooser: Float64Array, values: Float64Array): number {
    const { world } = this.learner;
    const { numActions } = this.values;
    if (world.terminated) return 0;
    const row = world.nextState * numActions;
    return values[row + bestAction(chooser, row, numActions, world.nextMask)];
  }
}
