// `pnpm check:user-project`: does what a user does. Packs the packages, installs the tarballs with npm in an empty project, compiles
// an environment of thirty lines and its training in TypeScript and runs them on plain Node: the agent has to learn. Then the installed
// command trains in the same environment, in this thread and in another. Needs a build.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './run.mjs';

const packages = [
  '@gradus/tensor',
  '@gradus/tfjs',
  '@gradus/core',
  '@gradus/envs',
  '@gradus/value-based',
  '@gradus/policy-gradient',
  '@gradus/policy-search',
  '@gradus/benchmark',
];

const corridor = `
import { Box, Discrete, Random, type Env, type ResetOptions, type StepResult } from '@gradus/core';

/** Walk left (0) or right (1) to cell 7 of ten; each step costs 0.1. */
export class Corridor implements Env<number[], number> {
  readonly observationSpace = new Box(0, 1, [1]);
  readonly actionSpace = new Discrete(2);
  private random = new Random();
  private cell = 0;
  private steps = 0;

  reset({ seed }: ResetOptions = {}): { observation: number[] } {
    if (seed !== undefined) this.random = new Random(seed);
    this.cell = this.random.integer(7);
    this.steps = 0;
    return { observation: [this.cell / 10] };
  }

  step(action: number): StepResult<number[]> {
    this.cell = Math.min(Math.max(this.cell + (action === 1 ? 1 : -1), 0), 9);
    this.steps++;
    const terminated = this.cell === 7;
    const reward = terminated ? 1 : -0.1;
    return { observation: [this.cell / 10], reward, terminated, truncated: this.steps >= 50 };
  }
}
`;

const main = `
import { evaluate } from '@gradus/core';
import { Ppo } from '@gradus/policy-gradient';
import { Corridor } from './corridor.js';

// @ts-expect-error: a misspelt option is an error of types.
void (() => new Ppo(new Corridor(), { learningrate: 1 }));

const agent = new Ppo(new Corridor(), { steps: 256, learningRate: 3e-3, seed: 1 });
const score = (): number => evaluate(agent, new Corridor(), { episodes: 100, seed: 7 }).meanReturn;
const before = score();
for (const { step, episodeReturn } of agent.learn({ steps: 4096 })) console.error(step, episodeReturn.toFixed(2));
console.log(JSON.stringify({ before, after: score() }));
`;

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  module: 'nodenext',
  target: 'es2022',
  types: ['node'],
};

/** Runs a command and returns what it printed; throws all of it if the command fails. */
function run(folder, command, ...args) {
  // npm and npx are .cmd files on Windows, which only a shell starts.
  const shell = process.platform === 'win32' && command !== process.execPath;
  const env = { ...process.env, GRADUS_DEVICE: 'wasm' };
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: folder, shell, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}\n${error?.message ?? stdout + stderr}`);
  return stdout;
}

/** Packs the packages into `folder`; the tarballs by the names of the packages, as npm wants them. */
function pack(folder) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const filters = packages.flatMap((name) => ['--filter', name]);
  run(root, 'npx', '--yes', packageManager, ...filters, 'exec', 'pnpm', 'pack', '--pack-destination', folder);
  const files = readdirSync(folder);
  const tarballOf = (name) => files.find((file) => file.startsWith(`${name.slice(1).replace('/', '-')}-`));
  return Object.fromEntries(packages.map((name) => [name, `file:${join(folder, tarballOf(name))}`]));
}

/** Versions of the compiler and of Node's types: those that this repository uses. */
function developmentDependencies() {
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const versionOf = (name) => new RegExp(`^ +'?${name}'?: *([^ #\\n]+)`, 'm').exec(workspace)[1];
  return { typescript: versionOf('typescript'), '@types/node': versionOf('@types/node') };
}

/** Has the command that is installed in `project` train in the project's environment. */
function checkCommand(project) {
  const gradus = (...args) => run(project, 'npx', '--no', '--', 'gradus', ...args);
  if (!gradus('--help').includes('experiment')) throw new Error('gradus --help does not name the commands');
  const size = ['--episodes', '5', '--json'];
  const trained = gradus('train', 'ppo', './corridor.js', '--steps', '2048', '--out', 'runs/corridor', ...size);
  const { environment, mean_return: mean } = JSON.parse(trained);
  const again = JSON.parse(gradus('evaluate', 'runs/corridor', ...size));
  if (environment !== 'Corridor' || again.mean_return !== mean) {
    throw new Error(`the command trained in ${environment} to ${mean}, and evaluated that as ${again.mean_return}`);
  }
  const entries = [{ algorithm: 'dqn', environment: 'Corridor', settings: 'default', steps: 1200 }];
  const sizes = { seeds: 1, episodes: 2, evaluations: 1, evaluationEpisodes: 2 };
  writeFileSync(join(project, 'suite.json'), JSON.stringify({ name: 'own', ...sizes, entries }));
  const record = JSON.parse(gradus('bench', 'suite.json', '--import', './corridor.js', '--json'));
  if (record.steps !== 1200) throw new Error(`the command's suite ended after ${record.steps} steps, not 1200`);
  if (!gradus('bench', 'quick', '--dry-run').includes('CartPole-v1')) throw new Error('the suite quick is not there');
}

const temporary = mkdtempSync(join(tmpdir(), 'gradus-user-'));
try {
  const [tarballs, project] = ['tarballs', 'project'].map((name) => join(temporary, name));
  mkdirSync(tarballs);
  mkdirSync(project);
  const dependencies = pack(tarballs);
  // The packages ask for each other by version, which the registry may not have yet.
  const overrides = Object.fromEntries(packages.map((name) => [name, `$${name}`]));
  const manifest = {
    type: 'module',
    private: true,
    dependencies,
    overrides,
    devDependencies: developmentDependencies(),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  writeFileSync(join(project, 'corridor.ts'), corridor);
  writeFileSync(join(project, 'main.ts'), main);
  run(project, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error');
  run(project, process.execPath, join('node_modules', 'typescript', 'bin', 'tsc'));
  const { before, after } = JSON.parse(run(project, process.execPath, 'main.js'));
  // The shortest ways have returns of 0.4 to 1, 0.7 on average.
  if (!(before < 0 && after > 0.6)) throw new Error(`mean return ${before} before training, ${after} after it`);
  console.log(
    `ok: a project with the packed packages compiles and learns (mean return ${before.toFixed(2)} → ${after.toFixed(2)})`,
  );
  checkCommand(project);
  console.log('ok: the installed command trains, evaluates and measures in an environment of the project');
} catch (error) {
  console.error(`fail: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
