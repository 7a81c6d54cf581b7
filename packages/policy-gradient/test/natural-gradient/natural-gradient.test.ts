import {
  Box,
  Discrete,
  Random,
  RolloutBuffer,
  createActorCritic,
  vectorize,
  type ActorCritic,
  type Space,
} from '@gradus/core';
import { defaultDevice } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { NaturalGradient, type NaturalGradientSettings } from '../../src/natural-gradient/natural-gradient.ts';
import type { LinearPolicy, Row } from '../support/reference-ppo.ts';
import { naturalDirection } from '../support/reference-trpo.ts';
import { ScriptedEnv } from '../support/scripted-env.ts';

const ROWS = 12;
const anything = { divergence: Infinity, gain: -Infinity };

interface Setup {
  readonly networks: ActorCritic;
  readonly natural: NaturalGradient;
  readonly buffer: RolloutBuffer;
  readonly rows: readonly Row[];
}

/** Linear networks, and a round of made-up transitions with advantages N(0, scale²). */
function setUp(actionSpace: Space, seed: number, settings: NaturalGradientSettings, scale = 1): Setup {
  const random = new Random(seed);
  const env = vectorize(() => new ScriptedEnv(actionSpace), 1);
  const networks = createActorCritic(env, { hidden: [], activation: 'tanh', initialLogStd: -0.4 }, random);
  for (const variable of Object.values(networks.actorParameters)) {
    variable.write(variable.read().map((value) => value + 0.5 * random.normal()));
  }
  const buffer = new RolloutBuffer(env, ROWS);
  buffer.clear();
  for (const values of [buffer.observations, buffer.advantages])
    values.forEach((_, i) => (values[i] = random.normal()));
  buffer.advantages.forEach((value, i) => (buffer.advantages[i] = scale * value));
  buffer.actions.forEach((_, i) => {
    buffer.actions[i] = actionSpace.kind === 'box' ? random.normal() : random.integer(3);
  });
  const rows = Array.from({ length: ROWS }, (_, i) => ({
    observation: [...buffer.observations.subarray(2 * i, 2 * i + 2)],
    action: [...buffer.actions.subarray(i * buffer.actionSize, (i + 1) * buffer.actionSize)],
    logProbability: NaN,
    value: NaN,
    advantage: buffer.advantages[i],
    return: NaN,
  }));
  return { networks, natural: new NaturalGradient(networks, env, ROWS, settings, defaultDevice()), buffer, rows };
}

const actorOf = ({ actorParameters }: ActorCritic): number[] =>
  Object.values(actorParameters).flatMap((variable) => [...variable.read()]);

/** θ as `reference-ppo.ts` orders it, with a critic of zeros. */
function thetaOf(networks: ActorCritic, { inputs, outputs, isContinuous }: LinearPolicy): number[] {
  const actor = actorOf(networks);
  const critic = Array.from({ length: inputs + 1 }, () => 0);
  return isContinuous ? [...actor.slice(0, -outputs), ...critic, ...actor.slice(-outputs)] : [...actor, ...critic];
}

const spaces: [string, Space, LinearPolicy][] = [
  ['softmax', new Discrete(3), { inputs: 2, outputs: 3, isContinuous: false }],
  ['Gaussian', new Box(-9, 9, [2]), { inputs: 2, outputs: 2, isContinuous: true }],
];

describe.each(spaces)('%s', (_, actionSpace, policy) => {
  test.each([0, 1, 2, 3])('a step is along (F + c I)⁻¹ g, seed %d', (seed) => {
    const settings = { conjugateGradientSteps: 40, damping: 0.02, normalizeAdvantage: seed % 2 === 0 };
    const { networks, natural, buffer, rows } = setUp(actionSpace, seed, settings);
    const { gradient, direction } = naturalDirection(policy, thetaOf(networks, policy), rows, settings);
    const before = actorOf(networks);
    const { curvature, gradientNorm } = natural.compute(buffer);
    expect(actorOf(networks)).toEqual(before);

    expect(gradientNorm).toBeCloseTo(Math.hypot(...gradient), 5);
    const expected = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
    expect(Math.abs(curvature / expected - 1)).toBeLessThan(1e-4);
    const alpha = 0.1;
    expect(natural.step(alpha, anything).accepted).toBe(true);
    const largest = Math.max(...direction.map(Math.abs));
    actorOf(networks).forEach((value, i) => {
      expect(Math.abs((value - before[i]) / alpha - direction[i])).toBeLessThan(1e-4 * largest);
    });
  });

  test('a small step raises the surrogate by α gᵀ x, and the divergence to ½ α² xᵀ F x', () => {
    const settings = { conjugateGradientSteps: 40, damping: 1e-3, normalizeAdvantage: true };
    const { natural, buffer } = setUp(actionSpace, 4, settings);
    const { curvature } = natural.compute(buffer);
    const alpha = Math.sqrt((2 * 1e-3) / curvature);
    const { gain, divergence } = natural.step(alpha, anything);
    // What is of a higher order in a step of length √δ is of the order of √δ = 3 %; the damping takes a little of δ too.
    expect(Math.abs(gain / (alpha * curvature) - 1)).toBeLessThan(0.1);
    expect(Math.abs(divergence / 1e-3 - 1)).toBeLessThan(0.1);
  });

  test('steps outside the limits are taken back to the bit, and those that are not finite always', () => {
    const settings = { conjugateGradientSteps: 10, damping: 0.1, normalizeAdvantage: true };
    const { networks, natural, buffer } = setUp(actionSpace, 5, settings);
    natural.compute(buffer);
    const before = actorOf(networks);
    const refusals: [number, { divergence: number; gain: number }][] = [
      [0.1, { divergence: 1e-9, gain: 0 }],
      [0.1, { divergence: 1, gain: 100 }],
      [NaN, anything],
      [Infinity, anything],
    ];
    for (const [alpha, limits] of refusals) {
      expect(natural.step(alpha, limits).accepted).toBe(false);
      expect(actorOf(networks)).toEqual(before);
    }
    expect(natural.step(0.1, { divergence: 1, gain: 0 }).accepted).toBe(true);
    expect(actorOf(networks)).not.toEqual(before);
  });

  test.each([0, NaN])('without an advantage there is no direction, and with NaN none either: %d', (scale) => {
    const settings = { conjugateGradientSteps: 10, damping: 0.1, normalizeAdvantage: true };
    const { networks, natural, buffer } = setUp(actionSpace, 6, settings, scale);
    const before = actorOf(networks);
    const { curvature, gradientNorm } = natural.compute(buffer);
    expect([curvature, gradientNorm]).toEqual([scale, scale]);
    expect(actorOf(networks)).toEqual(before);
  });
});
