import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GifReader } from 'omggif';
import { describe, expect, it } from 'vitest';
import { choosePace } from '../../src/commands/watch.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** The command as it was built. */
const cli = join(import.meta.dirname, '../../dist/cli.js');

async function trainedAgent(environment = 'CartPole-v1', algorithm = 'ppo'): Promise<string> {
  const folder = join(temporaryFolder(), 'agent');
  const settings = [
    '--settings',
    'default',
    '--steps',
    '64',
    '--eval-every',
    '1000',
    '--device',
    'wasm',
    '--episodes',
    '1',
  ];
  const set = algorithm === 'ppo' ? ['--set', 'steps=64'] : [];
  const { status, errors } = await runCommand(
    'train',
    algorithm,
    environment,
    ...settings,
    ...set,
    '--out',
    folder,
    '--json',
  );
  expect(errors).toBe('');
  expect(status).toBe(0);
  return folder;
}

function readGif(path: string): GifReader {
  return new GifReader(readFileSync(path));
}

interface Watched {
  readonly frames: number;
  readonly speed: number;
  readonly returns: readonly number[];
  readonly lengths: readonly number[];
}

describe('gradus watch', () => {
  it('writes the episode beside the agent: the one that evaluating it plays', async () => {
    const folder = await trainedAgent();
    const { status, output, errors } = await runCommand('watch', `${folder}/`);
    expect(errors).toBe('');
    expect(status).toBe(0);
    const evaluated = await runCommand('evaluate', folder, '--episodes', '1', '--json');
    const { mean_return: length } = JSON.parse(evaluated.output) as { mean_return: number };
    const frames = 1 + Math.ceil(length / 2);
    expect(output).toMatch(
      new RegExp(`^.*agent\\.gif: ${frames} frames, \\d+ kB\nreturn ${length} in ${length} steps\n$`),
    );

    const gif = readGif(`${folder}.gif`);
    expect([gif.width, gif.height, gif.numFrames()]).toEqual([600, 300, frames]);
    // Every second step of 0.02 s; the end stays for a second.
    const delays = Array.from({ length: frames }, (_, frame) => gif.frameInfo(frame).delay);
    expect(delays).toEqual([...new Array<number>(frames - 1).fill(4), 100]);
    // The cart and the pole move from frame to frame.
    const pixels = new Uint8Array(4 * gif.width * gif.height);
    for (let frame = 0; frame < frames; frame++) {
      const before = pixels.slice();
      gif.decodeAndBlitFrameRGBA(frame, pixels);
      expect(Buffer.compare(pixels, before)).not.toBe(0);
    }
  });

  it('plays several episodes of a seed, the same ones again, in no more frames than allowed', async () => {
    const folder = await trainedAgent('Pendulum-v1');
    const watch = async (name: string, ...args: readonly string[]): Promise<Watched> => {
      const out = join(folder, '..', name);
      const { output } = await runCommand('watch', folder, '--episodes', '2', '--out', out, '--json', ...args);
      return JSON.parse(output) as Watched;
    };
    const first = await watch('first.gif', '--seed', '5', '--frames', '40');
    expect(first).toMatchObject({ lengths: [200, 200], frames: 40, speed: 11 });
    expect(readGif(join(folder, '..', 'first.gif')).numFrames()).toBe(40);
    expect(await watch('again.gif', '--seed', '5', '--frames', '40')).toEqual({
      ...first,
      out: join(folder, '..', 'again.gif'),
    });
    expect(readFileSync(join(folder, '..', 'again.gif'))).toEqual(readFileSync(join(folder, '..', 'first.gif')));
    const other = await watch('other.gif', '--seed', '6', '--frames', '40');
    expect(other.returns).not.toEqual(first.returns);
  });

  it('cuts episodes off where it is told to, and says so', async () => {
    const folder = await trainedAgent('Pendulum-v1');
    const out = join(folder, '..', 'short.GIF');
    const { output } = await runCommand('watch', folder, '--episodes', '2', '--max-steps', '7', '--out', out);
    expect(output).toContain('2 of 2 episodes did not end and were cut off after 7 steps; --max-steps says');
    expect(output.match(/in 7 steps/g)).toHaveLength(2);
    const again = await runCommand('watch', folder, '--max-steps', '9', '--out', out, '--json', '--force');
    expect(JSON.parse(again.output)).toMatchObject({ lengths: [9], cut_off: 1 });
  });

  it('says in one line what it cannot do, and leaves no file', async () => {
    const folder = await trainedAgent();
    const parent = join(folder, '..');
    mkdirSync(join(parent, 'taken.gif'));
    writeFileSync(join(parent, 'file'), '');
    writeFileSync(join(parent, 'file.gif'), 'mine');
    const expectError = async (message: string, ...args: readonly string[]): Promise<void> => {
      const before = readdirSync(parent);
      const { status, output, errors } = await runCommand('watch', ...args);
      expect(errors).toMatch(/^error: .*\n$/);
      expect(errors).toContain(message);
      expect([status, output]).toEqual([1, '']);
      expect(readdirSync(parent)).toEqual(before);
    };
    await expectError('taken.gif cannot be written: EISDIR', folder, '--out', join(parent, 'taken.gif'));
    await expectError('a.gif cannot be written: E', folder, '--out', join(parent, 'file', 'a.gif'));
    for (const [name, got] of [
      ['a.mp4', '.mp4'],
      ['a.png', '.png'],
      ['a', 'a name without an ending'],
    ]) {
      const message = `${name}: expected a file whose name ends in .gif, the only format there is, got ${got}`;
      await expectError(message, folder, '--out', join(parent, name));
    }
    await expectError('file.gif is there; --force replaces it', folder, '--out', join(parent, 'file.gif'));
    await expectError('holds no best agent beside the last', folder, '--best');
    await expectError('there is no saved agent', join(parent, 'nothing'));
    const undrawn = await trainedAgent('IdentityDiscrete-v0', 'dqn');
    await expectError('IdentityDiscrete-v0 cannot be watched: it draws no pictures', undrawn);
  });

  it.each(['@napi-rs/canvas', 'gifenc'])('says what to install without %s', async (name) => {
    if (!existsSync(cli)) throw new Error(`${cli} is not there; build first (pnpm build)`);
    const folder = await trainedAgent();
    const hooks = `export const resolve = (specifier, context, next) => {
      if (specifier === '${name}') throw new Error('not installed');
      return next(specifier, context);
    };`;
    const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))});`;
    const command = ['--import', dataUrl(register), cli, 'watch', folder];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    expect(stderr).toBe(
      `error: the package ${name} is needed for pictures and cannot be loaded; npm install ${name} (not installed)\n`,
    );
    expect([status, stdout]).toEqual([1, '']);
    expect(existsSync(`${folder}.gif`)).toBe(false);
  });
});

describe('choosePace', () => {
  const format = (framesPerSecond: number) => ({ width: 1, height: 1, framesPerSecond });

  it.each([
    // Slow enough to show every step.
    [4, [100], 300, { stride: 1, framesPerSecond: 4 }],
    // 25 frames a second are enough: every second step.
    [50, [500], 300, { stride: 2, framesPerSecond: 25 }],
    [30, [200], 300, { stride: 2, framesPerSecond: 15 }],
    // 1 + ⌈999 / 4⌉ = 251 frames, with 3 it were 334; shown at the same rate, so twice as fast.
    [30, [999], 300, { stride: 4, framesPerSecond: 15 }],
    // No episode can have fewer than its first and its last.
    [20, [50, 30], 2, { stride: 50, framesPerSecond: 20 }],
  ])('of %d steps a second, episodes of %j, %d frames', (framesPerSecond, lengths, maxFrames, expected) => {
    expect(choosePace(format(framesPerSecond), lengths, maxFrames)).toEqual(expected);
  });
});

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
