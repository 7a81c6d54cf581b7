import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { describe, expect, it } from 'vitest';
import { planRuns } from '../src/suites/plan-runs.ts';
import { findSuite } from '../src/suites/suite.ts';
import { planTrials } from '../src/tune/plan-trials.ts';
import { readSpace } from '../src/tune/space.ts';
import { damaged, expectOneLine } from './damaged.ts';
import { runCommand } from './run-command.ts';
import { syntheticRecords, writeResults } from './synthetic-results.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('damaged files are refused by name, or mean something', () => {
  it('suites', async () => {
    const suite = {
      name: 'mine',
      seeds: 2,
      episodes: 10,
      entries: [
        { algorithm: 'ppo', environment: ['CartPole-v1'], settings: 'zoo', options: { hidden: [8], clipRange: 0.2 } },
        {
          algorithm: 'q-learning',
          environment: 'FrozenLake-v1',
          settings: 'default',
          steps: 500,
          options: {
            alpha: { kind: 'linear', from: 0.1, to: 0.001, until: 1 },
            exploration: { kind: 'epsilon-greedy', level: { kind: 'linear', from: 1, to: 0.1, until: 1 } },
          },
        },
      ],
    };
    const path = join(temporaryFolder(), 'mine.json');
    let accepted = 0;
    for (const version of damaged(suite, 300)) {
      writeFileSync(path, JSON.stringify(version));
      if (await expectOneLine(() => planRuns(findSuite(path), { device: 'wasm' }), 'mine\\.json')) accepted++;
    }
    // Other numbers of seeds, steps and episodes, other names and step sizes: all that is not wrong.
    expect(accepted).toBeLessThan(100);
  });

  it('spaces', async () => {
    const space = {
      name: 'mine',
      algorithm: 'q-learning',
      environment: 'FrozenLake-v1',
      settings: 'default',
      steps: 500,
      trials: 3,
      seeds: 2,
      options: { exploration: { kind: 'epsilon-greedy', level: 0.1 } },
      parameters: {
        alpha: { choice: [0.1, { kind: 'linear', from: 0.1, to: 0.001, until: 1 }] },
        initialValue: { uniform: [-1, 1] },
        gamma: { log: [0.5, 0.9] },
      },
      strategy: 'halving',
      eta: 2,
    };
    const path = join(temporaryFolder(), 'space.json');
    writeFileSync(path, JSON.stringify(space));
    expect(planTrials(readSpace(path), 'wasm').trials).toHaveLength(3);
    let accepted = 0;
    for (const version of damaged(space, 300)) {
      writeFileSync(path, JSON.stringify(version));
      if (await expectOneLine(() => planTrials(readSpace(path), 'wasm'), 'space\\.json')) accepted++;
    }
    expect(accepted).toBeLessThan(110);
  });

  it('results: no change goes unnoticed', async () => {
    const folder = temporaryFolder();
    writeResults(folder, syntheticRecords([{ label: 'ppo-zoo', environment: 'CartPole-v1', scores: [1, 2] }]));
    for (const name of ['results.jsonl', 'suite.json']) {
      const path = join(folder, name);
      const text = readFileSync(path, 'utf8');
      const [line, ...others] = name === 'suite.json' ? [text] : text.split('\n');
      for (const version of damaged(JSON.parse(line), 40)) {
        if (JSON.stringify(version) === JSON.stringify(JSON.parse(line))) continue;
        writeFileSync(path, [JSON.stringify(version), ...others].join('\n'));
        const { status, errors } = await runCommand('report', folder);
        expect(status).toBe(1);
        expect(errors).toMatch(new RegExp(`^error: [^\\n]*${name.replace('.', '\\.')}[^\\n]*\\n$`));
      }
      writeFileSync(path, text);
    }
    expect((await runCommand('report', folder)).status).toBe(0);
  });

  describe('saved agents whose checksums are right', () => {
    /** A small one. */
    async function saveAgent(): Promise<string> {
      const folder = join(temporaryFolder(), 'agent');
      const small = ['--settings', 'default', '--steps', '64', '--set', 'hidden=[4]', '--set', 'steps=64'];
      const { status } = await runCommand('train', 'ppo', 'CartPole-v1', ...small, '--episodes', '1', '--out', folder);
      expect(status).toBe(0);
      return folder;
    }

    /** Versions of what was saved, with the file that was changed. */
    const versions: Readonly<Record<string, (checkpoint: Checkpoint) => Checkpoint[]>> = {
      'run.json': (checkpoint) =>
        damaged(JSON.parse(new TextDecoder().decode(checkpoint.files['run.json'])), 60).map((run) => {
          const file = new TextEncoder().encode(JSON.stringify(run));
          return { ...checkpoint, files: { ...checkpoint.files, 'run.json': file } };
        }),
      'the state': (checkpoint) =>
        damaged(checkpoint.state, 60).map((state) => ({ ...checkpoint, state: state as Checkpoint['state'] })),
    };

    it.each(Object.keys(versions))('%s', async (what) => {
      const folder = join(temporaryFolder(), 'damaged');
      for (const version of versions[what](await loadCheckpoint(await saveAgent()))) {
        if (!isPlain(version.state)) continue;
        await saveCheckpoint(folder, version);
        for (const command of [
          ['evaluate', folder, '--episodes', '1'],
          ['train', '--resume', folder, '--steps', '65', '--episodes', '1', '--json'],
        ]) {
          const { status, errors } = await runCommand(...command);
          if (status === 0) continue;
          expect(status).toBe(1);
          expect(errors).toMatch(/^error: (?!unexpected)[^\n]+\n$/);
        }
      }
    });
  });
});

function isPlain(state: unknown): boolean {
  return typeof state === 'object' && state !== null && !Array.isArray(state);
}
