import * as miniature from '@gradus/llm-rlhf/miniature';
import { afterAll, expect, it, vi } from 'vitest';
import { runCommand } from '../run-command.ts';

// What the tests before these have loaded has the real ones, and the tests after these are to have them.
vi.hoisted(() => {
  vi.resetModules();
});
afterAll(() => {
  vi.resetModules();
});

vi.mock(import('@gradus/llm-rlhf/miniature'), async (original) => ({
  ...(await original()),
  prepareMiniature: vi.fn(),
  trainMiniature: vi.fn(),
  scoreMiniature: vi.fn(),
}));

const of = (mean: number): miniature.Estimate => ({ mean, low: mean - 0.03, high: mean + 0.03 });

/** Stages that take no time: a reward model that is right in 0.75 + seed / 100 of labels, win rates of 0.4 + seed / 10, 0.1 more after training, 0.2 more if greedy. */
function withoutTraining(): void {
  vi.mocked(miniature.prepareMiniature).mockImplementation(
    ({ seed }) => ({ sft: 'sft', rewardModelAccuracy: 0.75 + seed / 100 }) as unknown as miniature.PreparedMiniature,
  );
  vi.mocked(miniature.trainMiniature).mockImplementation((method) => Promise.resolve(method as never));
  vi.mocked(miniature.scoreMiniature).mockImplementation((policy, _, { seed, temperature }) => {
    const isTrained = (policy as unknown) !== 'sft';
    const rate = 0.4 + seed / 10 + (isTrained ? 0.1 : 0) + (temperature === 0 ? 0.2 : 0);
    return { winRate: of(rate), gold: of(1 + seed), reward: seed, kl: isTrained ? 2 : 0 };
  });
}

it('each method of each seed is a line of JSON', async () => {
  withoutTraining();
  const { status, output, errors } = await runCommand(
    'rlhf',
    'table',
    '--methods',
    'dpo',
    '--seeds',
    '2',
    '--pairs',
    '9',
    '--json',
  );
  expect([status, errors]).toEqual([0, '']);
  const rows = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows.map(({ seed, method }) => [seed, method])).toEqual([
    [0, 'sft'],
    [0, 'dpo'],
    [1, 'sft'],
    [1, 'dpo'],
  ]);
  expect(rows[3]).toMatchObject({ gold: 2, reward: 1, kl: 2, reward_model_accuracy: 0.76 });
  const rates = ['win_rate', 'win_rate_low', 'win_rate_high', 'greedy_win_rate'].map((name) => rows[3][name] as number);
  [0.6, 0.57, 0.63, 0.8].forEach((rate, i) => expect(rates[i]).toBeCloseTo(rate, 12));
  expect(vi.mocked(miniature.prepareMiniature).mock.calls.map(([{ seed, pairs }]) => [seed, pairs])).toEqual([
    [0, 9],
    [1, 9],
  ]);
});

it('the table has means over seeds, and the interval of one or the range of several', async () => {
  withoutTraining();
  const table = async (...more: string[]): Promise<string> =>
    (await runCommand('rlhf', 'table', '--methods', 'dpo,rloo-2', ...more)).output;
  const two = await table('--seeds', '2');
  expect(two).toMatch(/sft +│ 2 +│ 45\.2 +│ 45\.0 \(40\.0 to 50\.0\) │ 65\.0 +│ 1\.50 │ 0\.50 +│ 0\.0 /);
  expect(two).toMatch(/rloo-2 +│ 2 +│ 74\.2 +│ 55\.0 \(50\.0 to 60\.0\) │ 75\.0 +│ 1\.50 │ 0\.50 +│ 2\.0 /);
  expect(two).toContain('the reward model is right about: seed 0: 75.0 %, seed 1: 76.0 %');
  expect(await table('--seeds', '1,')).toMatch(/dpo +│ 1 +│ 68\.4 +│ 60\.0 \(57\.0 to 63\.0\) │ 80\.0 /);
});

it('methods that there are not are refused by name', async () => {
  const { status, errors } = await runCommand('rlhf', 'table', '--methods', 'dpo,kto');
  expect(status).toBe(2);
  expect(errors).toContain(
    "Expected some of dpo, reinforce, ppo, rloo-2, rloo-4, rebel, grpo-4, dr-grpo-4, got 'kto'.",
  );
});
