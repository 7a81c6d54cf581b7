import { copyFileSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadRun } from '../../src/runs/run.ts';
import { startGradus } from '../gradus-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

/** A user's project: a module with an environment, one with an algorithm, and the packages. */
function project(): string {
  const folder = temporaryFolder();
  for (const name of ['delivery.mjs', 'own-algorithm.mjs']) {
    copyFileSync(join(import.meta.dirname, '..', 'fixtures', name), join(folder, name));
  }
  symlinkSync(join(import.meta.dirname, '..', '..', 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

/** What the command prints as JSON; it has to succeed. */
async function run(folder: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const gradus = startGradus(folder, ...args, '--json');
  expect(await gradus.status, gradus.errors).toBe(0);
  return JSON.parse(gradus.output) as Record<string, unknown>;
}

describe('environments and algorithms of the user', () => {
  it('are trained, found again from anywhere, and resumed', async () => {
    const folder = project();
    const training = [
      'train',
      'short-ppo',
      './delivery.mjs',
      '--import',
      './own-algorithm.mjs',
      '--settings',
      'default',
    ];
    const trained = await run(folder, ...training, '--steps', '64', '--episodes', '5', '--out', 'runs/own');
    expect(trained).toMatchObject({ algorithm: 'short-ppo', environment: 'Delivery', steps: 64 });
    const { run: kept } = await loadRun(join(folder, 'runs', 'own'));
    expect(kept).toMatchObject({ modules: ['../../own-algorithm.mjs', '../../delivery.mjs'] });

    const elsewhere = temporaryFolder();
    const evaluated = await run(elsewhere, 'evaluate', join(folder, 'runs', 'own'), '--episodes', '5');
    expect(evaluated).toMatchObject({ environment: 'Delivery', mean_return: trained.mean_return });
    const resumed = await run(folder, 'train', '--resume', 'runs/own', '--steps', '128', '--episodes', '5');
    expect(resumed).toMatchObject({ environment: 'Delivery', steps: 128 });
    const watched = startGradus(folder, 'watch', 'runs/own');
    expect(await watched.status).toBe(1);
    expect(watched.errors).toContain(
      'error: Delivery cannot be watched: it draws no pictures, as render(context) and renderFormat would\n',
    );

    renameSync(join(folder, 'delivery.mjs'), join(folder, 'moved.mjs'));
    const lost = startGradus(folder, 'evaluate', 'runs/own');
    expect(await lost.status).toBe(1);
    expect(lost.errors).toMatch(
      /run\.json \(--import takes its place\): modules: .+delivery\.mjs: there is no such file/,
    );
    const imports = ['--import', './moved.mjs', '--import=own-algorithm.mjs'];
    expect(await run(folder, 'evaluate', 'runs/own', ...imports, '--episodes', '5')).toHaveProperty('mean_return');
  });

  it('are those of suites and spaces, in threads of their own', async () => {
    const folder = project();
    const entries = [{ algorithm: 'short-ppo', environment: 'Delivery', settings: 'default', steps: 64 }];
    const sizes = { seeds: 1, episodes: 2, evaluationEpisodes: 2 };
    const suite = { name: 'own', imports: ['./delivery.mjs'], ...sizes, evaluations: 1, entries };
    writeFileSync(join(folder, 'suite.json'), JSON.stringify(suite));
    const imports = ['--import', './own-algorithm.mjs'];
    const record = await run(folder, 'bench', 'suite.json', '--workers', '1', ...imports);
    expect(record).toMatchObject({ run: { algorithm: 'short-ppo', environment: 'Delivery' }, steps: 64 });
    const results = JSON.parse(readFileSync(join(folder, 'runs', 'bench', 'own', 'suite.json'), 'utf8')) as object;
    expect(results).toMatchObject({ modules: ['../../../own-algorithm.mjs', '../../../delivery.mjs'] });
    const report = startGradus(folder, 'report', 'runs/bench/own');
    expect(await report.status, report.errors).toBe(0);

    const space = { ...entries[0], name: 'own', ...sizes, parameters: { gamma: { choice: [0.9] } }, trials: 1 };
    writeFileSync(join(folder, 'space.json'), JSON.stringify(space));
    const tuned = await run(folder, 'tune', 'space.json', '--workers', '1', ...imports, '--import', './delivery.mjs');
    expect(tuned.command).toContain('--import own-algorithm.mjs --import delivery.mjs');
  });

  it('are listed', async () => {
    const { environments } = await run(project(), 'list', '--import', './delivery.mjs');
    expect(environments).toContainEqual({ id: 'Delivery', observations: 'Box([1])', actions: 'Discrete(2)' });
  });
});
