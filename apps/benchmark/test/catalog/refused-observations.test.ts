import { EnvError, createActions, vectorize, type Agent, type VectorEnv } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import '@gradus/envs/text';
import { defaultDevice } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { algorithms, type Algorithm } from '../../src/catalog/algorithms.ts';

/** The first of these environments that the algorithm can learn in. */
function learnable({ create, defaults }: Algorithm): [agent: Agent, env: VectorEnv] {
  const small = { hidden: [4], capacity: 100, learningStarts: 10 };
  const given = Object.fromEntries(Object.entries(small).filter(([name]) => name in defaults));
  for (const id of ['MountainCar-v0', 'LectureGrid-v0', 'Bandit-v0', 'Pendulum-v1', 'CoinCollector-v0']) {
    const env = vectorize(() => makeEnv(id), 1);
    try {
      return [create(env, { ...given, device: defaultDevice() }), env];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new Error('expected one of the environments to be learnable');
}

type Lookup = (observations: unknown) => unknown;

describe.each(Object.entries(algorithms))('%s', (_, algorithm) => {
  const [agent, env] = learnable(algorithm);
  const { observationSpace, actionSpace } = env;
  const { size, kind } = observationSpace;
  const isNumber = kind === 'discrete';
  const actions = createActions(actionSpace, 1);
  const lookups = ['actionValues', 'stateValue', 'actionDistribution'].filter((name) => name in agent);
  const ways: readonly (readonly [string, Lookup])[] = [
    ['act', (observation) => agent.act(isNumber ? number(observation) : (observation as number[]))],
    ['actBatch', (observation) => agent.actBatch?.(Float32Array.from(observation as number[]), actions)],
    ...lookups.map((name) => [name, (agent as unknown as Record<string, Lookup>)[name].bind(agent)] as const),
  ];

  test.each(ways)('%s takes observations that the environment could show, and no others', (__, look) => {
    const right = [...new Float32Array(size)];
    look(right);
    const wrong = [NaN, Infinity, -Infinity, ...(isNumber ? [-1, 0.5, 1e6] : [])].map((x) => [x, ...right.slice(1)]);
    for (const observation of [...wrong, ...(size > 1 ? [[...right, 0]] : []), []]) {
      expect(() => look(observation)).toThrow(/observation/);
      const isRefused = (error: unknown): boolean => error instanceof EnvError || error instanceof RangeError;
      expect(isRefused(errorOf(() => look(observation)))).toBe(true);
    }
  });

  test.each([
    [{ savesReplay: false }, /savesReplay/],
    [{ saveReplay: 'false' }, /saveReplay to be true or false, got "false"/],
    [null, /null/],
  ])('checkpoint(%o) is refused', (options, message) => {
    agent.checkpoint({ saveReplay: false });
    expect(() => agent.checkpoint(options as object)).toThrow(RangeError);
    expect(() => agent.checkpoint(options as object)).toThrow(message);
  });
});

/** A list of one number as that. */
function number(list: unknown): number {
  const [first, ...others] = list as readonly number[];
  return others.length === 0 ? first : (list as number);
}

function errorOf(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    return error;
  }
}
