import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const dist = join(import.meta.dirname, '..', 'dist');

/** What the built command loads: its own modules by their paths in `dist`, others by the name of their package. */
function loadedBy(...args: readonly string[]): Set<string> {
  const cli = join(dist, 'cli.js');
  if (!existsSync(cli)) throw new Error(`${cli} is not there; build first (pnpm build)`);
  const hooks = pathToFileURL(join(import.meta.dirname, 'fixtures', 'print-loaded.mjs')).href;
  const { stderr } = spawnSync(process.execPath, ['--import', hooks, cli, ...args], { encoding: 'utf8' });
  const own = pathToFileURL(dist).href;
  const names = stderr.split('\n').flatMap((url) => {
    if (url.startsWith(own)) return [url.slice(own.length + 1)];
    const [, name] = /^file:.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
    const [, workspace] = /^file:.*\/packages\/([^/]+)\//.exec(url) ?? [];
    return name === undefined ? (workspace === undefined ? [] : [`@gradus/${workspace}`]) : [name];
  });
  return new Set(names);
}

describe('the command loads', () => {
  it.each([['--help'], ['help'], ['trian']])('nothing but the command line for %s', (word) => {
    const loaded = [...loadedBy(word)].sort();
    expect(loaded).toEqual([
      'cli.js',
      'commander',
      'commands/descriptions.js',
      'files/stale-build.js',
      'gradus.js',
      'user-error.js',
    ]);
  });

  it('what the named command needs, and no other command', () => {
    const loaded = loadedBy('compare', '--help');
    const commands = [...loaded].filter((name) => name.startsWith('commands/'));
    expect(commands.sort()).toEqual(['commands/compare.js', 'commands/descriptions.js']);
    expect(loaded).not.toContain('@gradus/tfjs');
  });

  it.each(['train', 'bench'])('no queue, figures, language models or TensorFlow for %s', (name) => {
    const loaded = loadedBy(name, '--help');
    expect(loaded).toContain('@gradus/policy-gradient');
    for (const other of ['bullmq', 'ioredis', '@observablehq/plot', 'linkedom', '@gradus/llm-rlhf', '@gradus/tfjs']) {
      expect(loaded).not.toContain(other);
    }
  });

  it.each([
    { id: 'CartPole-v1', engines: [] },
    { id: 'Reacher-v5', engines: ['@mujoco/mujoco', 'planck'] },
  ])('the engines that $id needs: $engines', ({ id, engines }) => {
    const loaded = loadedBy('train', 'ppo', id, '--steps', '1', '--episodes', '1', '--out', temporaryFolder());
    expect(['@mujoco/mujoco', 'planck'].filter((engine) => loaded.has(engine))).toEqual(engines);
  });
});
