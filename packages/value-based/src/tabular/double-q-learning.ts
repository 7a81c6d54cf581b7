import { readState, type Checkpoint, type Env, type Stateful, type VectorEnv } from '@gradus/core';
import { bestAction } from './best-action.ts';
import { TabularAgent, savedOptions, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-agent.ts';
import { ValueTable } from './value-table.ts';

/**
 * Double Q-learning (van Hasselt, 2010; S2.4): of two tables a coin chooses one to learn; it chooses the next action, which the other
 * one values, so that no value is the largest of several noisy ones.
 *
 *     q₁(s, a) ← q₁(s, a) + α [r + γ q₂(s′, argmax_a′ q₁(s′, a′)) − q₁(s, a)],   or the same with q₁ and q₂ exchanged
 *
 * `actionValues`, by which it acts and explores, are (q₁ + q₂) / 2. Rules of visits count the updates of each table.
 */
export class DoubleQLearning extends TabularAgent {
  private readonly first: ValueTable;
  private readonly second: ValueTable;

  /** Throws `RangeError` as {@link TabularAgent} says. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> = {}) {
    super('double-q-learning', env, options, tabularDefaults, tabularChecks);
    const { initialValue, alpha } = this.options;
    this.first = new ValueTable(this.actionValues.length, initialValue, alpha);
    this.second = new ValueTable(this.actionValues.length, initialValue, alpha);
  }

  protected override update(): void {
    const { world, first, second, actionValues } = this;
    const { pair } = world;
    const isFirst = this.random.nextFloat() < 0.5;
    const learner = isFirst ? first : second;
    const other = isFirst ? second : first;
    const target = world.reward + this.options.gamma * this.nextValue(learner.values, other.values);
    this.noteError(learner.moveTowards(pair, target, this.progress));
    actionValues[pair] = (first.values[pair] + second.values[pair]) / 2;
  }

  /** q of the values in s′ for the action that is best for the chooser; 0 where the task ended. */
  private nextValue(chooser: Float64Array, values: Float64Array): number {
    const { world, numActions } = this;
    if (world.terminated) return 0;
    const row = world.nextState * numActions;
    return values[row + bestAction(chooser, row, numActions, world.nextMask)];
  }

  protected override get memory(): Stateful {
    const { first, second } = this;
    return {
      getState: () => ({ first: first.getState(), second: second.getState() }),
      setState: (state) => {
        first.setState(readState(state, 'first'));
        second.setState(readState(state, 'second'));
      },
    };
  }

  /** The agent that was saved, to act and to go on learning as if uninterrupted. Throws `CheckpointError` where it does not fit. */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): DoubleQLearning {
    return new DoubleQLearning(env, savedOptions(checkpoint, 'double-q-learning')).load(checkpoint);
  }
}
