import { bootstrapInterval, interquartileMean } from '@gradus/core';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { docs, generated } from './folders.ts';

const benchmark = join(docs, '..', 'benchmark');
const records = join(benchmark, 'records');

/** What a line of `results.jsonl` has, as far as tables need it. */
interface RunRecord {
  readonly run: { algorithm: string; label: string; environment: string; seed: number; steps: number };
  readonly mean_return: number;
  readonly origin: { gradus: string; node: string; platform: string; cpu: string };
}

/** Runs that differ in nothing but the seed. */
interface Group {
  readonly suite: string;
  readonly runs: readonly RunRecord[];
}

/** Writes a table of results for each algorithm, and one of all, for pages to include. */
export function writeResults(): void {
  const suites = readdirSync(records, { withFileTypes: true }).filter(
    // Searches for settings are no results of settings.
    (entry) => entry.isDirectory() && !entry.name.startsWith('tune-'),
  );
  const groups = suites.flatMap(({ name }) => groupsOf(name));
  const folder = join(generated, 'results');
  mkdirSync(folder, { recursive: true });
  for (const algorithm of new Set(groups.map(({ runs }) => runs[0].run.algorithm))) {
    const own = groups.filter(({ runs }) => runs[0].run.algorithm === algorithm);
    writeFileSync(join(folder, `${algorithm}.md`), tableOf(own));
  }
  const parts = suites.map(({ name }) => `## ${name}\n\n${tableOf(groups.filter(({ suite }) => suite === name))}`);
  writeFileSync(join(folder, 'all.md'), parts.join('\n'));
  writeFileSync(join(folder, 'experiments.md'), experimentsTable());
}

/** The experiments on record: what each asks, and how many of its claims hold. */
function experimentsTable(): string {
  const folder = join(benchmark, 'experiments');
  const rows = readdirSync(folder).map((name) => {
    const text = readFileSync(join(folder, name, 'README.md'), 'utf8');
    const question = /^# .*\n\n(.*)$/m.exec(text)?.[1] ?? '';
    const claims = [...text.matchAll(/^- ([✓✗])/gm)].map(([, mark]) => mark);
    const kept = claims.filter((mark) => mark === '✓').length;
    return `| \`${name}\` | ${question.replaceAll('|', String.raw`\|`)} | ${kept} of ${claims.length} |`;
  });
  return ['| experiment | question | claims that hold |', '| --- | --- | --: |', ...rows, ''].join('\n');
}

function groupsOf(suite: string): Group[] {
  const lines = readFileSync(join(records, suite, 'results.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const groups = new Map<string, RunRecord[]>();
  for (const line of lines) {
    const record = JSON.parse(line) as RunRecord;
    const { label, environment, steps } = record.run;
    const key = `${label} ${environment} ${steps}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  return [...groups.values()].map((runs) => ({ suite, runs }));
}

const number = new Intl.NumberFormat('en', {
  maximumFractionDigits: 1,
  minimumFractionDigits: 1,
  // What is rounded to 0 has no sign.
  signDisplay: 'negative',
});
const count = new Intl.NumberFormat('en');
const shown = (value: number): string => number.format(value).replace('-', '−');

function rowOf({ runs }: Group): string {
  const returns = runs.map(({ mean_return }) => mean_return);
  const { environment, label, steps } = runs[0].run;
  const { low, high } = bootstrapInterval({ returns }, interquartileMean, { repetitions: 10_000 });
  const range = `${shown(Math.min(...returns))} to ${shown(Math.max(...returns))}`;
  // Stories by the name of their file.
  const cells = [`\`${environment.replace(/^zmachine:.*\//, 'zmachine:')}\``, label, count.format(steps), runs.length];
  return `| ${[...cells, `${shown(interquartileMean({ returns }))} [${shown(low)}, ${shown(high)}]`, range].join(' | ')} |`;
}

/** What `gradus bench` was given: its own suites by name, others by their file. */
function givenAs(suite: string): string {
  const { command } = JSON.parse(readFileSync(join(records, suite, 'suite.json'), 'utf8')) as { command: string };
  return command.split(' ')[2];
}

function tableOf(groups: readonly Group[]): string {
  const origins = new Set(
    groups.flatMap(({ runs }) =>
      runs.map(({ origin: { gradus, node, platform, cpu } }) => `Gradus ${gradus}, Node ${node}, ${platform}, ${cpu}`),
    ),
  );
  const commands = [...new Set(groups.map(({ suite }) => `pnpm gradus bench ${givenAs(suite)}`))];
  return [
    '| environment | settings | steps | seeds | IQM [95 %] | lowest to highest |',
    '| --- | --- | --: | --: | --: | --: |',
    // The same runs may be of several suites.
    ...new Set(groups.map(rowOf)),
    '',
    'Mean returns of 100 fresh episodes with the best action, after training: the interquartile mean over seeds, with a bootstrap interval.',
    `Trained with ${[...origins].join('; ')}.`,
    '',
    '```sh',
    ...commands,
    '```',
    '',
  ].join('\n');
}
