import type { Examples } from './bad-calls.ts';

/** An agent's class, as far as its calls need it. */
export interface AgentClass {
  new (env: never, options?: never): { checkpoint(): object };
  load: (...args: never) => unknown;
  restore: (...args: never) => unknown;
}

/** How an agent is rightly used. */
export interface AgentUse {
  readonly env: () => unknown;
  readonly options: object;
  readonly observation: number | readonly number[];
  /** Room for the action of one observation. */
  readonly actions: () => ArrayLike<number>;
}

/** Methods of agents that `load` or `restore` returned: those of the class, which are called on one that was made. */
export const ofLoaded = /\.(load|restore)\./;

/**
 * What {@link badCalls} needs to call an agent's class: examples of its constructor and methods, and its static functions (`Ppo.load`), which join the
 * package's exports. Options without prototypes are one argument: what is in a checkpoint is for tests of loading.
 */
export function agentCalls(
  name: string,
  agentClass: AgentClass,
  { env, options, observation, actions }: AgentUse,
): { readonly examples: Examples; readonly statics: Readonly<Record<string, unknown>> } {
  const make = agentClass as unknown as new (env: unknown, options: object) => { checkpoint(): object };
  // One for all: loading leaves a checkpoint as it is.
  let made: { readonly state: object } | undefined;
  const checkpoint = (): object => {
    made ??= new make(env(), options).checkpoint() as { readonly state: object };
    return { ...made, state: Object.assign(Object.create(null), made.state) as object };
  };
  const observations = (): Float32Array => Float32Array.from([observation].flat());
  return {
    examples: {
      [name]: () => [env(), options],
      [`${name}.learn`]: () => [{ steps: 8 }],
      [`${name}.act`]: () => [observation, { deterministic: true }],
      [`${name}.actBatch`]: () => [observations(), actions(), { deterministic: true }],
      [`${name}.actionValues`]: () => [observation],
      [`${name}.stateValue`]: () => [observation],
      [`${name}.actionDistribution`]: () => [observation],
      [`${name}.checkpoint`]: () => [],
      [`${name}.load`]: () => [checkpoint(), { seed: 1 }],
      [`${name}.restore`]: () => [checkpoint(), env()],
    },
    statics: {
      [`${name}.load`]: (...args: never) => agentClass.load(...args),
      [`${name}.restore`]: (...args: never) => agentClass.restore(...args),
    },
  };
}
