import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

/** The command as it was built. */
const cli = join(import.meta.dirname, '..', 'dist', 'cli.js');

function start(folder: string, ...args: readonly string[]) {
  if (!existsSync(cli)) throw new Error(`${cli} is not there; build first (pnpm build)`);
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit') as Promise<[status: number | null]>;
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return {
    child,
    end: async () => {
      const [[status], output, errors] = await ended;
      return { status, output, errors };
    },
  };
}

/** A line of progress is there. */
async function isTraining({ stderr }: ReturnType<typeof start>['child']): Promise<void> {
  await new Promise<void>((resolve) => {
    stderr.on('data', (text: Buffer) => {
      if (text.includes('steps/s')) resolve();
    });
  });
}

describe('the built command', () => {
  it('prints its result and nothing else', async () => {
    const args = ['train', 'dqn', 'CartPole-v1', '--steps', '1200', '--episodes', '3', '--json'];
    const { status, output, errors } = await start(temporaryFolder(), ...args).end();
    expect(errors).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ algorithm: 'dqn', steps: 1200, seed: 0 });
  });

  it('saves the agent in a named folder on Ctrl-C, and resumes from there', async () => {
    const folder = temporaryFolder();
    const { child, end } = start(folder, 'train', 'ppo', 'CartPole-v1', '--seed', '4');
    await isTraining(child);
    child.kill('SIGINT');
    const stopped = await end();
    expect(stopped.errors).toContain('to go on: gradus train --resume runs/ppo-CartPole-v1-4');
    expect(stopped.output).toBe('');
    expect(stopped.status).toBe(130);

    const args = ['train', '--resume', 'runs/ppo-CartPole-v1-4', '--episodes', '3', '--json'];
    const { status, output } = await start(folder, ...args).end();
    expect(status).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ algorithm: 'ppo', environment: 'CartPole-v1', seed: 4, steps: 100_096 });
  });

  it.each(['SIGHUP', 'SIGTERM'] as const)('saves the agent on %s, too', async (signal) => {
    const folder = temporaryFolder();
    const { child, end } = start(folder, 'train', 'ppo', 'CartPole-v1');
    await isTraining(child);
    child.kill(signal);
    const { errors, status } = await end();
    expect(errors).toContain(`stopped by ${signal}`);
    expect(status).toBe(130);
    expect(existsSync(join(folder, 'runs', 'ppo-CartPole-v1-0', 'agent.json'))).toBe(true);
  });

  it('goes on from its last checkpoint after kill -9 as if nothing had happened', async () => {
    const folder = temporaryFolder();
    const train = ['train', 'dqn', 'CartPole-v1', '--steps', '3000', '--set', 'learningStarts=200', '--episodes', '3'];
    const whole = await start(folder, ...train, '--json').end();

    const { child, end } = start(folder, ...train, '--json', '--checkpoint-every', '0.001');
    const run = join(folder, 'runs', 'dqn-CartPole-v1-0');
    await waitFor(() => existsSync(join(run, 'agent.json')) || undefined);
    child.kill('SIGKILL');
    await end();
    const resumed = await start(folder, 'train', '--resume', run, '--episodes', '3', '--json').end();
    expect(resumed.errors).toBe('');
    const { mean_return, std_return, steps } = JSON.parse(whole.output) as Record<string, number>;
    expect(JSON.parse(resumed.output)).toMatchObject({ mean_return, std_return, steps });
  });
});
