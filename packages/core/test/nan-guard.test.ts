import { expect, test } from 'vitest';
import type { Agent } from '../src/agent.ts';
import { nanGuard } from '../src/nan-guard.ts';
import type { Metrics } from '../src/progress.ts';
import { train, type Callback } from '../src/train.ts';
import { fakeAgent, fakeProgress } from './fake-agent.ts';

/** An agent that yields these metrics at step 10 and has by then finished so many episodes. */
function agentWith(metrics: Metrics, episodes: number): Agent {
  return {
    ...fakeAgent(),
    *learn({ steps }) {
      yield { ...fakeProgress(10, steps), metrics, episodes };
    },
  };
}

const guarded = (metrics: Metrics, episodes = 1): Promise<unknown> =>
  train(agentWith(metrics, episodes), { steps: 10, callbacks: [nanGuard()] });

test.each([NaN, Infinity, -Infinity])('a metric that is %d ends training', async (value) => {
  await expect(guarded({ 'train/entropy': 1, 'train/value_loss': value })).rejects.toThrow(
    new Error(`nanGuard: train/value_loss is ${value} at step 10`),
  );
});

test('so does a return, and what callbacks record', async () => {
  await expect(guarded({ 'rollout/episode_return': -Infinity })).rejects.toThrow('rollout/episode_return is -Infinity');
  const record: Callback = { onProgress: (_, training) => training.record({ 'eval/mean_return': NaN }) };
  await expect(train(fakeAgent(), { steps: 10, callbacks: [record, nanGuard()] })).rejects.toThrow(
    'eval/mean_return is NaN at step 10',
  );
});

test('no episode yet and no time passed are no reason', async () => {
  await guarded({ 'rollout/episode_return': NaN, 'rollout/episode_length': NaN }, 0);
  await guarded({ 'time/steps_per_second': Infinity, 'train/policy_loss': 0.5 });
});
