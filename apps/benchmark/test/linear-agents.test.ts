import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

const train = (algorithm: string, environment: string, ...settings: readonly string[]) => [
  ...['train', algorithm, environment, '--settings', 'default', '--json'],
  ...settings.flatMap((setting) => ['--set', setting]),
];

describe('gradus train, agents with linear values', () => {
  it('takes features as JSON, and saves them with the agent', async () => {
    const folder = join(temporaryFolder(), 'run');
    const settings = [
      'gamma=1',
      'epsilon=0',
      'lambda=0.9',
      'traces=replacing',
      'features={"kind":"tiles","tilings":8,"tiles":[8,8]}',
    ];
    const { status, output, errors } = await runCommand(
      ...train('linear-sarsa', 'MountainCar-v0', ...settings),
      ...['--steps', '60000', '--episodes', '100', '--seed', '1', '--out', folder],
    );
    expect([status, errors]).toEqual([0, '']);
    const trained = JSON.parse(output) as Record<string, unknown>;
    expect(trained).toMatchObject({ algorithm: 'linear-sarsa', steps: 60_000 });
    // Gymnasium counts MountainCar-v0 as solved from −110 on.
    expect(trained.mean_return).toBeGreaterThan(-120);
    const evaluated = await runCommand('evaluate', folder, '--episodes', '100', '--seed', '1', '--json');
    // Other episodes of the same policy: their mean return varies by about 1.
    const { mean_return: again } = JSON.parse(evaluated.output) as Record<string, number>;
    expect(Math.abs(again - (trained.mean_return as number))).toBeLessThan(5);
  });

  it.each([
    [
      train('linear-sarsa', 'CartPole-v1'),
      'tile coding: dimension 1 of the observations ranges over [-Infinity, Infinity], expected finite low and high',
    ],
    [
      train('linear-q-learning', 'MountainCar-v0', 'features={"kind":"one-hot"}'),
      'one-hot features: expected Discrete or MultiDiscrete observations, as rows of a table, got Box([-1.2000000476837158, -0.07000000029802322], [0.6000000238418579, 0.07000000029802322], [2])',
    ],
    [
      train('linear-q-learning', 'MountainCar-v0', 'features=tiles'),
      'linear-q-learning: expected features to be an object whose kind is one of tiles, polynomial, fourier, one-hot, table, got "tiles"',
    ],
    [
      train('linear-q-learning', 'MountainCar-v0', 'numEnvs=4'),
      'linear-q-learning: expected one copy of the environment, got 4',
    ],
  ])('%j is an error of one line', async (command, message) => {
    const { status, errors } = await runCommand(...command);
    expect([status, errors]).toEqual([1, `error: ${message}\n`]);
  });
});
