import { expect, test } from 'vitest';
import type { Agent } from '../../src/training/agent.ts';
import type { Env } from '../../src/environments/env.ts';
import { periodicEvaluation } from '../../src/training/periodic-evaluation.ts';
import { spawnSeed, streams } from '../../src/random/seed-sequence.ts';
import { Discrete } from '../../src/spaces/spaces.ts';
import { train, type Callback } from '../../src/training/train.ts';
import { fakeAgent } from '../fake-agent.ts';

/** Episodes of two steps, each with the action as its reward; every other episode pays one more. */
class Pay implements Env<number, number> {
  observationSpace = new Discrete(1);
  actionSpace = new Discrete(1000);
  readonly seeds: (number | undefined)[] = [];
  private episode = 0;
  private steps = 0;

  reset({ seed }: { seed?: number | undefined } = {}) {
    this.seeds.push(seed);
    if (seed !== undefined) this.episode = 0;
    this.episode++;
    this.steps = 0;
    return { observation: 0 };
  }

  step(action: number) {
    const terminated = ++this.steps === 2;
    return { observation: 0, reward: action + (this.episode % 2), terminated, truncated: false };
  }
}

/** An agent whose action at each step is scripted. */
function scripted(skills: Readonly<Record<number, number>>): Agent & { step: number } {
  const agent = fakeAgent();
  agent.act = () => skills[agent.step];
  return agent;
}

/** What a single environment is seeded with. */
const evaluationSeed = (seed: number, step: number): number =>
  spawnSeed(spawnSeed(spawnSeed(seed, streams.curve, step), streams.evaluation), 0);

const skills = { 20: 5, 40: 7, 60: 6, 80: 7, 100: 9 };

test('evaluates at every interval, records it for those after it and tells of every new best', async () => {
  const recorded: unknown[] = [];
  const bests: unknown[] = [];
  const note: Callback = {
    onProgress: ({ step }, training) => {
      if (Object.keys(training.recorded).length > 0) recorded.push([step, training.recorded]);
    },
  };
  const env = new Pay();
  const evaluation = periodicEvaluation({
    env,
    interval: 20,
    episodes: 4,
    seed: 6,
    onBest: ({ returns }, { agent }) => bests.push([agent.step, returns]),
  });
  await train(scripted(skills), { steps: 100, callbacks: [note, evaluation, note] });

  // Two episodes of 2 a + 2 and two of 2 a: a mean of 2 a + 1 and a deviation of 1.
  const metrics = (mean: number, best: number): object => ({
    'eval/mean_return': mean,
    'eval/std_return': 1,
    'eval/mean_length': 2,
    'eval/best_return': best,
    'eval/cut_off_episodes': 0,
  });
  expect(recorded).toEqual([
    [20, metrics(11, 11)],
    [40, metrics(15, 15)],
    [60, metrics(13, 15)],
    [80, metrics(15, 15)],
    [100, metrics(19, 19)],
  ]);
  // As good as the best is no new best.
  expect(bests).toEqual([
    [20, [12, 10, 12, 10]],
    [40, [16, 14, 16, 14]],
    [100, [20, 18, 20, 18]],
  ]);
  const seeds = [20, 40, 60, 80, 100].map((step) => evaluationSeed(6, step));
  expect(env.seeds.filter((seed) => seed !== undefined)).toEqual(seeds);
});

test('the episodes follow from the seed of the agent, where it has one, unless they have their own', async () => {
  const seedsOf = async (options: Agent['options'], seed?: number): Promise<readonly (number | undefined)[]> => {
    const env = new Pay();
    const agent = Object.assign(scripted(skills), { options });
    await train(agent, { steps: 20, callbacks: [periodicEvaluation({ env, interval: 20, episodes: 1, seed })] });
    return env.seeds;
  };
  const first = (seed: number): number[] => [evaluationSeed(seed, 20)];
  expect(await seedsOf(undefined)).toEqual(first(0));
  expect(await seedsOf({ seed: 3 })).toEqual(first(3));
  expect(await seedsOf({ seed: 3 }, 4)).toEqual(first(4));
});

test('onBest is awaited', async () => {
  const log: string[] = [];
  const onBest = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    log.push('saved');
  };
  const after: Callback = { onProgress: () => log.push('next') };
  await train(scripted(skills), {
    steps: 20,
    callbacks: [periodicEvaluation({ env: new Pay(), interval: 20, onBest }), after],
  });
  expect(log).toEqual(['next', 'saved', 'next']);
});

test('a resumed training remembers the best', async () => {
  const bestSteps: number[] = [];
  const create = (): ReturnType<typeof periodicEvaluation> =>
    periodicEvaluation({ env: new Pay(), interval: 20, onBest: (_, { agent }) => bestSteps.push(agent.step) });
  const checkpoints: Awaited<ReturnType<Agent['checkpoint']>>[] = [];
  const save: Callback = { onProgress: (_, training) => checkpoints.push(training.checkpoint()) };
  await train(scripted(skills), { steps: 50, callbacks: [create(), save] });
  const agent = scripted(skills);
  agent.step = 50;
  await train(agent, { steps: 100, callbacks: [create(), save], resume: checkpoints.at(-1) });
  expect(bestSteps).toEqual([20, 40, 100]);
});

test('options out of range', () => {
  expect(() => periodicEvaluation({ env: new Pay(), episodes: 0 })).toThrow(
    'periodicEvaluation: expected episodes to be a positive integer, got 0',
  );
  expect(() => periodicEvaluation(new Pay() as never)).toThrow(
    /^periodicEvaluation: expected options to be options, the environment among them: { env }, got .*: it is an environment by itself$/,
  );
  expect(() => periodicEvaluation({ env: new Pay(), interval: -1 })).toThrow('expected interval to be');
});
