import { makeEnv } from '@gradus/envs';
import { Dqn, Pqn } from '@gradus/value-based';
import { expect, test } from 'vitest';

const observations = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i) / 5);

test.each([
  ['Dqn', () => new Dqn(makeEnv('CartPole-v1'), { hidden: [8], bufferSize: 100 })],
  [
    'C51',
    () =>
      new Dqn(makeEnv('CartPole-v1'), {
        hidden: [8],
        bufferSize: 100,
        distribution: { kind: 'categorical', atoms: 5, low: 0, high: 10 },
      }),
  ],
  ['noisy', () => new Dqn(makeEnv('CartPole-v1'), { hidden: [8], bufferSize: 100, noisy: true })],
  ['Pqn', () => new Pqn(makeEnv('CartPole-v1'), { hidden: [8], steps: 16, batchSize: 16 })],
])('%s: the largest of the action values is that of the action it takes', (_, create) => {
  const agent = create();
  const values = agent.actionValues(observations);
  expect(values).toHaveLength(20);
  for (let row = 0; row < 10; row++) {
    const observation = observations.slice(4 * row, 4 * row + 4);
    const own = agent.actionValues(observation);
    expect([...own]).toEqual(
      [...values.subarray(2 * row, 2 * row + 2)].map((value) => expect.closeTo(value, 5) as number),
    );
    expect(agent.act(observation)).toBe(own[0] >= own[1] ? 0 : 1);
  }
});
