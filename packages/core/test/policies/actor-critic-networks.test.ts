import { constant, evaluate, grad, matmul, sum, tanh, transpose, type Tensor, type Variable } from '@gradus/tensor';
import { afterEach, describe, expect, test } from 'vitest';
import type { ActorCritic } from '../../src/policies/actor-critic.ts';
import { createActorCritic, type ActorCriticOptions } from '../../src/policies/actor-critic-networks.ts';
import { Random } from '../../src/random/random.ts';
import { Box, Discrete, MultiDiscrete, type Space } from '../../src/spaces/spaces.ts';

const options: ActorCriticOptions = { hidden: [8, 6], activation: 'tanh', initialLogStd: -0.7 };
const observationSpace = new Box(-10, 10, [3]);
const rows = [
  [0.5, -1, 2],
  [1, 0.3, -0.2],
];
const observations = (): Tensor => constant([2, 3], rows.flat());

const made: ActorCritic[] = [];
afterEach(() => {
  for (const networks of made.splice(0)) networks.dispose();
});
function create(actionSpace: Space, changes: Partial<ActorCriticOptions> = {}, seed = 1): ActorCritic {
  const networks = createActorCritic({ observationSpace, actionSpace }, { ...options, ...changes }, new Random(seed));
  made.push(networks);
  return networks;
}

const shapes = (parameters: Readonly<Record<string, Variable>>): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));

const critic = {
  'critic.0.weight': [3, 8],
  'critic.0.bias': [8],
  'critic.1.weight': [8, 6],
  'critic.1.bias': [6],
  'critic.2.weight': [6, 1],
  'critic.2.bias': [1],
};
const features = {
  'actor.features.0.weight': [3, 8],
  'actor.features.0.bias': [8],
  'actor.features.1.weight': [8, 6],
  'actor.features.1.bias': [6],
};
const head = (outputs: number) => ({ 'actor.head.weight': [6, outputs], 'actor.head.bias': [outputs] });

test.each<[string, Space, Partial<ActorCriticOptions>, object]>([
  ['Discrete: logits', new Discrete(4), {}, head(4)],
  ['MultiDiscrete: the logits of all elements', new MultiDiscrete([2, 3]), {}, head(5)],
  ['Box: means, and a deviation for each', new Box(-1, 1, [2]), {}, { ...head(2), 'policy.logStd': [2] }],
  [
    'state-dependent exploration: a deviation for each feature and action',
    new Box(-1, 1, [2]),
    { stateDependentExploration: 1 },
    { ...head(2), 'policy.logStd': [6, 2] },
  ],
])('%s', (_, actionSpace, changes, outputs) => {
  const networks = create(actionSpace, changes);
  expect(shapes(networks.parameters)).toEqual({ ...features, ...outputs, ...critic });
  const actor = Object.values(networks.actorParameters);
  const both = [...actor, ...Object.values(networks.criticParameters)];
  expect(new Set(both)).toEqual(new Set(Object.values(networks.parameters)));
  expect(both).toHaveLength(Object.keys(networks.parameters).length);
  const { 'policy.logStd': logStd } = networks.parameters as Record<string, Variable | undefined>;
  if (logStd) expect(new Set(logStd.read())).toEqual(new Set([Math.fround(-0.7)]));
});

/** x W + b, tanh after each layer but the last, by plain loops. */
function forward(networks: ActorCritic, names: readonly string[], row: readonly number[]): number[] {
  return names.reduce<number[]>(
    (x, name, layer) => {
      const weight = networks.parameters[`${name}.weight`];
      const [weights, bias] = [weight.read(), networks.parameters[`${name}.bias`].read()];
      const [, outputs] = weight.shape;
      const y = Array.from(bias, (b, o) => x.reduce((total, xi, i) => total + xi * weights[i * outputs + o], b));
      return layer === names.length - 1 ? y : y.map(Math.tanh);
    },
    [...row],
  );
}

test('policy and value are what their parameters say', () => {
  const networks = create(new Box(-1, 1, [2]), { orthogonalInitialization: false });
  const result = evaluate(() => ({
    mode: networks.policy(observations()).mode(),
    value: networks.value(observations()),
  }));
  rows.forEach((row, i) => {
    const mean = forward(networks, ['actor.features.0', 'actor.features.1', 'actor.head'], row);
    mean.forEach((x, j) => {
      expect(result.mode[2 * i + j]).toBeCloseTo(x, 5);
    });
    const [value] = forward(networks, ['critic.0', 'critic.1', 'critic.2'], row);
    expect(result.value[i]).toBeCloseTo(value, 5);
  });
});

test('without hidden layers both are linear', () => {
  const networks = create(new Box(-1, 1, [2]), { hidden: [], stateDependentExploration: 1 });
  const result = evaluate(() => ({
    mode: networks.policy(observations()).mode(),
    entropy: networks.policy(observations()).entropy(),
  }));
  rows.forEach((row, i) => {
    forward(networks, ['actor.head'], row).forEach((x, j) => {
      expect(result.mode[2 * i + j]).toBeCloseTo(x, 5);
    });
    // The features of the noise are the observations themselves.
    const variance = row.reduce((total, x) => total + x * x, 0) * Math.exp(-1.4);
    expect(result.entropy[i]).toBeCloseTo(Math.log(2 * Math.PI * Math.E * variance), 4);
  });
});

describe('at first', () => {
  test('weights are orthogonal with the gains √2, 0.01 and 1, and biases 0', () => {
    const { parameters } = create(new Discrete(4));
    for (const [name, variable] of Object.entries(parameters)) {
      if (name.endsWith('bias')) expect([...variable.read()].every((x) => x === 0)).toBe(true);
      else {
        const gain = name === 'actor.head.weight' ? 0.01 : name === 'critic.2.weight' ? 1 : Math.SQRT2;
        const [inputs, outputs] = variable.shape;
        const product = evaluate(() =>
          inputs < outputs ? matmul(variable, transpose(variable)) : matmul(transpose(variable), variable),
        );
        const size = Math.min(inputs, outputs);
        product.forEach((x, k) => {
          expect(x / gain ** 2).toBeCloseTo(k % (size + 1) === 0 ? 1 : 0, 4);
        });
      }
    }
  });

  test('or all are uniform in ±1/√inputs', () => {
    const hidden = [400, 100];
    const { parameters } = create(new Discrete(4), { hidden, orthogonalInitialization: false });
    for (const layer of ['actor.features.1', 'critic.1']) {
      for (const part of ['weight', 'bias']) {
        const values = [...parameters[`${layer}.${part}`].read()].map((x) => x * Math.sqrt(400));
        expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1 + 1e-6);
        const variance = values.reduce((total, x) => total + x * x, 0) / values.length;
        // Of x² for a uniform x in ±1: mean ⅓, variance 4/45.
        expect(Math.abs(variance - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / values.length));
      }
    }
  });

  test('the same random stream gives the same networks', () => {
    const read = (seed: number): Float32Array[] =>
      Object.values(create(new Discrete(4), {}, seed).parameters).map((each) => each.read() as Float32Array);
    expect(read(3)).toEqual(read(3));
    expect(read(3)).not.toEqual(read(4));
  });
});

test('exploration of its own for each state sends no gradient to the features', () => {
  const networks = create(new Box(-1, 1, [2]), { stateDependentExploration: 1 });
  const inFeatures = evaluate(() => {
    const policy = networks.policy(observations());
    // The entropy knows the features by the noise alone.
    return grad(sum(policy.entropy()), [networks.parameters['actor.features.1.weight']])[0];
  });
  expect([...inFeatures].every((x) => x === 0)).toBe(true);
  // A check of the check: by the mean they have one.
  const byMean = evaluate(
    () => grad(sum(tanh(networks.policy(observations()).mode())), [networks.parameters['actor.features.1.weight']])[0],
  );
  expect([...byMean].some((x) => x !== 0)).toBe(true);
});

test('masked logits are illegal', () => {
  const networks = create(new MultiDiscrete([2, 3]));
  const mode = evaluate(() =>
    networks.policy(observations(), constant([2, 5], [0, 1, 0, 0, 1, 1, 0, 0, 1, 0], 'bool')).mode(),
  );
  expect([...mode]).toEqual([1, 2, 0, 1]);
});

test('state-dependent exploration needs continuous actions', () => {
  expect(() => create(new Discrete(3), { stateDependentExploration: 1 })).toThrow(
    new RangeError('stateDependentExploration: expected Box actions, got Discrete(3)'),
  );
});
