import {
  BaseAgent,
  type AgentKind,
  type AgentParts,
  type DeviceOption,
  type Env,
  type Progress,
  type SavedParts,
  type VectorEnv,
} from '@gradus/core';
import type { TabularActionValues } from './tabular-action-values.ts';
import type { TabularEnv } from './tabular-env.ts';
import { TabularLearner, type TabularOptions } from './tabular-learner.ts';

/** An agent that learns a table of action values. */
export interface TabularAgent<Options extends TabularOptions = TabularOptions> extends BaseAgent<Options> {
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
}

/** The class of such agents. */
export interface TabularAgentClass<Options extends TabularOptions = TabularOptions> extends Pick<
  typeof BaseAgent,
  'load' | 'restore'
> {
  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one. */
  new (env: Env | VectorEnv, options?: Partial<Options> & DeviceOption): TabularAgent<Options>;
  readonly algorithm: string;
}

/** How a tabular agent learns, and what it has for that besides its table. */
export interface TabularRule extends SavedParts {
  /** Learns from a transition. */
  update(transition: TabularEnv): void;
}

/** The class of agents that learn by a rule: all that an algorithm is made of besides what {@link TabularLearner} does for all of them. */
export function tabularAgent<Options extends TabularOptions>(
  algorithm: string,
  options: Pick<AgentKind<Options>, 'defaults' | 'checks'>,
  rule: (learner: TabularLearner, options: Options) => TabularRule,
): TabularAgentClass<Options> {
  return class extends BaseAgent<Options> {
    static readonly algorithm = algorithm;
    readonly values: TabularActionValues;
    readonly actionValues: TabularActionValues['of'];
    protected readonly parts: AgentParts;
    private readonly learner: TabularLearner;
    private readonly rule: TabularRule;

    constructor(env: Env | VectorEnv, given: Partial<Options> & DeviceOption = {}) {
      super({ name: algorithm, algorithm, ...options }, env, given);
      this.learner = new TabularLearner(this, this.training, this.random);
      this.values = this.learner.values;
      this.actionValues = this.values.of;
      this.rule = rule(this.learner, this.options);
      this.parts = this.learner.parts(this.rule);
    }

    protected train(totalSteps: number): Generator<Progress, void, void> {
      return this.learner.train(totalSteps, this.rule);
    }
  };
}
