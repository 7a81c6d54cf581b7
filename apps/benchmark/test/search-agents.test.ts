import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

const names = ['cem', 'ars', 'es', 'cma-es', 'ga', 'finite-differences', 'pattern-search'];

/** Runs a command that must succeed; the line of JSON that it prints. */
async function run(...command: readonly string[]): Promise<Record<string, unknown>> {
  const { status, output, errors } = await runCommand(...command);
  expect([status, errors]).toEqual([0, '']);
  return JSON.parse(output) as Record<string, unknown>;
}

describe('gradus train, agents that search', () => {
  it.each(names)('%s learns, is saved, and goes on as if it had not been', async (name) => {
    const [folder, whole] = [join(temporaryFolder(), 'run'), join(temporaryFolder(), 'run')];
    const settings = ['--settings', 'default', '--set', 'episodes=2', '--set', 'numEnvs=4', '--seed', '3', '--json'];
    const train = ['train', name, 'CartPole-v1', ...settings, '--episodes', '10'];
    const first = await run(...train, '--steps', '1', '--out', folder);
    expect(first.algorithm).toBe(name);
    const resumed = await run('train', '--resume', folder, '--steps', '8000', '--episodes', '10', '--json');
    const uninterrupted = await run(...train, '--steps', '8000', '--out', whole);
    const untimed = { seconds: 0, steps_per_second: 0 };
    expect({ ...resumed, ...untimed }).toEqual({ ...uninterrupted, ...untimed, resumed: 'exactly' });
    expect(first.steps).toBeLessThan(resumed.steps as number);
  });

  it("ars with the zoo's settings", async () => {
    const result = await run('train', 'ars', 'CartPole-v1', '--seed', '1', '--json');
    expect(result).toMatchObject({ algorithm: 'ars', mean_return: 500, std_return: 0 });
    expect(result.steps).toBeGreaterThanOrEqual(50_000);
  });

  it('an unknown option is an error of one line', async () => {
    const command = ['train', 'cem', 'CartPole-v1', '--settings', 'default', '--set', 'elite=3'];
    const { status, errors } = await runCommand(...command);
    expect([status, errors]).toEqual([1, "error: --set elite=3: unknown option 'elite'; did you mean 'eliteSize'?\n"]);
  });
});
