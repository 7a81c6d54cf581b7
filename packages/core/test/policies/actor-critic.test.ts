import {
  constant,
  evaluate,
  grad,
  layerNormalization,
  linear,
  mlp,
  module,
  relu,
  reshape,
  sequential,
  sum,
  type Module,
} from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { actorCriticOf, type ActorCritic, type ActorCriticModules } from '../../src/policies/actor-critic.ts';
import { createActorCritic, type ActorCriticOptions } from '../../src/policies/actor-critic-networks.ts';
import { Random } from '../../src/random/random.ts';
import { Box, Discrete, MultiDiscrete, type Space } from '../../src/spaces/spaces.ts';

const random = new Random(1);
const spaces = { observationSpace: new Box(-9, 9, [2]), actionSpace: new Discrete(2) };
const continuous = { ...spaces, actionSpace: new Box(-1, 1, [1]) };

/** A linear layer with these weights. */
function fixed(input: number, output: number, weight: readonly number[]): Module {
  const layer = linear({ input, output, random });
  layer.parameters.weight.write(weight);
  return layer;
}

test('a shared body with layer normalization, the actor, and the critic, worked out by hand', () => {
  const body = sequential([fixed(2, 2, [1, 0, 0, 1]), layerNormalization(2), relu]);
  const modules = { body, head: fixed(2, 2, [2, 0, 0, 5]), critic: fixed(2, 1, [10, 100]) };
  const networks = actorCriticOf(spaces, modules);
  const { parameters, actorParameters, criticParameters } = networks;
  const ofBody = ['body.0.weight', 'body.0.bias', 'body.1.scale', 'body.1.shift'];
  expect(Object.keys(parameters)).toEqual([
    ...ofBody,
    'actor.head.weight',
    'actor.head.bias',
    'critic.weight',
    'critic.bias',
  ]);
  // A critic that learns apart leaves the body to the actor.
  expect(Object.keys(actorParameters)).toEqual([...ofBody, 'head.weight', 'head.bias']);
  expect(Object.keys(criticParameters)).toEqual(['weight', 'bias']);
  const result = evaluate(() => {
    const rows = constant([2, 2], [3, 7, 5, 1]);
    return {
      mode: networks.policy(rows).mode(),
      first: networks.policy(rows).logProbability(constant([2], [0, 0], 'int32')),
      value: networks.value(rows),
    };
  });
  // Two numbers become −1 and 1, and 0 and 1 after ReLU: logits (0, 5) and (2, 0).
  expect(Array.from(result.mode)).toEqual([1, 0]);
  expect(result.first[0]).toBeCloseTo(-Math.log(1 + Math.exp(5)), 4);
  expect(result.first[1]).toBeCloseTo(-Math.log(1 + Math.exp(-2)), 4);
  expect(result.value[0]).toBeCloseTo(100, 2);
  expect(result.value[1]).toBeCloseTo(10, 3);
});

test('the noise of continuous actions', () => {
  const modules = {
    features: fixed(2, 3, [1, 0, 2, 0, 1, 2]),
    head: fixed(3, 1, [1, 1, 0]),
    critic: fixed(2, 1, [0, 0]),
  };
  const plain = actorCriticOf(continuous, modules, { initialLogStd: -1 });
  expect(plain.parameters['policy.logStd'].read()).toEqual(Float32Array.of(-1));
  expect(plain.actorParameters.logStd).toBe(plain.parameters['policy.logStd']);
  const byState = actorCriticOf(continuous, modules, { stateDependentExploration: 4, initialLogStd: 0.5 });
  expect(byState.parameters['policy.logStd'].shape).toEqual([3, 1]);
  const { mean, entropy } = evaluate(() => {
    const policy = byState.policy(constant([1, 2], [1, 3]));
    return { mean: policy.mode(), entropy: policy.entropy() };
  });
  expect(mean[0]).toBe(4);
  // φ = (1, 3, 8), σ² = e.
  expect(entropy[0]).toBeCloseTo(0.5 * Math.log(2 * Math.PI * Math.E * Math.E * (1 + 9 + 64)), 5);
});

test('what both see gets gradients of both', () => {
  const body = mlp({ input: 2, hidden: [], output: 3, activation: 'tanh', random });
  const networks = actorCriticOf(spaces, {
    body,
    head: fixed(3, 2, [1, 2, 3, 4, 5, 7]),
    critic: fixed(3, 1, [1, 1, 1]),
  });
  const slopes = evaluate(() => {
    const rows = constant([1, 2], [0.5, -0.25]);
    const of = [networks.parameters['body.0.bias']];
    return {
      critic: grad(sum(networks.value(rows)), of)[0],
      actor: grad(sum(networks.policy(rows).logProbability(constant([1], [0], 'int32'))), of)[0],
    };
  });
  expect(Array.from(slopes.critic)).toEqual([1, 1, 1]);
  // (1 − p) times the differences of the logits' weights, −1, −1, −2.
  const [slope] = slopes.actor;
  expect(slope).toBeLessThan(0);
  expect(slopes.actor[1] / slope).toBeCloseTo(1, 6);
  expect(slopes.actor[2] / slope).toBeCloseTo(2, 6);
});

describe('refused by name', () => {
  const good: ActorCriticModules = { head: fixed(2, 2, [1, 0, 0, 1]), critic: fixed(2, 1, [1, 1]) };

  test.each<[object, string]>([
    [{ head: fixed(2, 3, [1, 0, 0, 1, 0, 0]) }, 'expected head to make [2, 2] of [2, 2], got [2, 3]'],
    [{ critic: fixed(2, 2, [1, 1, 1, 1]) }, 'expected critic to make [2, 1] of [2, 2], got [2, 2]'],
    [
      { critic: sequential([good.critic, (x) => reshape(x, [-1])]) },
      'expected critic to make [2, 1] of [2, 2], got [2]',
    ],
    [
      { head: fixed(3, 2, [1, 0, 0, 1, 0, 0]) },
      'expected head to make [2, 2] of [2, 2], which it does not take: matmul: [2, 2] and [3, 2] do not fit: […, m, k] · […, k, n]',
    ],
    [
      { critic: fixed(3, 1, [1, 0, 0]) },
      'expected critic to make [2, 1] of [2, 2], which it does not take: matmul: [2, 2] and [3, 1]',
    ],
    [
      { body: fixed(3, 2, [1, 0, 0, 1, 0, 0]) },
      'expected body to make [2, size] of [2, 2], which it does not take: matmul: [2, 2] and [3, 2]',
    ],
    [
      // The critic sees what the body makes, the head what the features make of that.
      { body: fixed(2, 3, [1, 0, 0, 1, 0, 0]), features: fixed(2, 2, [1, 0, 0, 1]) },
      'expected features to make [2, size] of [2, 3], which it does not take: matmul: [2, 3] and [2, 2]',
    ],
    [
      { features: fixed(2, 3, [1, 0, 0, 1, 0, 0]) },
      'expected head to make [2, 2] of [2, 3], which it does not take: matmul: [2, 3] and [2, 2]',
    ],
    [{ body: () => 1 }, 'expected body to be a module, got a function'],
    [{ head: undefined }, 'expected head to be a module, got undefined'],
    [{ actor: good.head }, "unknown option 'actor'"],
  ])('%o', (changes, message) => {
    const create = () => actorCriticOf(spaces, { ...good, ...changes });
    expect(create).toThrow(RangeError);
    expect(create).toThrow(`actorCriticOf: ${message}`);
  });

  test('networks of other spaces, whose policy or value does not take what is observed or makes other actions', () => {
    const of = (other: Readonly<Partial<Record<keyof typeof spaces, Space>>>) => () =>
      createActorCritic(
        spaces,
        { networks: (_, options, random) => createActorCritic({ ...spaces, ...other }, options, random) },
        random,
      );
    expect(of({ observationSpace: new Box(-1, 1, [3]) })).toThrow(
      /^networks: expected its policy to make \[2, 1\] of \[2, 2\], which it does not take: \S/,
    );
    expect(of({ actionSpace: new MultiDiscrete([2, 2]) })).toThrow(
      new RangeError('networks: expected its policy to make [2, 1] of [2, 2], got [2, 2]'),
    );
    const valueless = (): ActorCritic => {
      const made = createActorCritic(spaces, {}, random);
      return { ...made, value: (x) => x };
    };
    expect(() => createActorCritic(spaces, { networks: valueless }, random)).toThrow(
      new RangeError('networks: expected its value to make [2, 1] of [2, 2], got [2, 2]'),
    );
  });

  test('errors of modules that are no question of sizes come as they are', () => {
    const broken = sequential([
      (): never => {
        throw new TypeError('mine');
      },
    ]);
    expect(() => actorCriticOf(spaces, { ...good, critic: broken })).toThrow(new TypeError('mine'));
  });

  test('gSDE without continuous actions', () => {
    expect(() => actorCriticOf(spaces, good, { stateDependentExploration: 4 })).toThrow(
      new RangeError('stateDependentExploration: expected Box actions, got Discrete(2)'),
    );
  });

  test('networks that are none', () => {
    const networks = (): ActorCritic => module({}, (x) => relu(x)) as unknown as ActorCritic;
    expect(() => createActorCritic(spaces, { networks }, random)).toThrow(
      /^networks: expected its result to be an ActorCritic \(parameters of actor, critic and both, policy, value, dispose\), got/,
    );
  });
});

test('networks of your own may go on from the usual ones, and know the options', () => {
  const seen: ActorCriticOptions[] = [];
  const networks = createActorCritic(
    spaces,
    {
      hidden: [3],
      networks: (given, options, source) => {
        seen.push(options);
        return createActorCritic(given, { ...options, criticHidden: [5] }, source);
      },
    },
    random,
  );
  expect(seen).toEqual([{ hidden: [3], networks: null }]);
  expect(networks.parameters['actor.features.0.weight'].shape).toEqual([2, 3]);
  expect(networks.parameters['critic.0.weight'].shape).toEqual([2, 5]);
});
