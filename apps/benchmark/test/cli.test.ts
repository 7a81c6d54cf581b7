import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

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
    // A line of progress: it is training.
    await once(child.stderr, 'data');
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
});
