import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Machine } from '../../../src/text/zmachine/machine.ts';
import { compile } from '../../../src/text/zmachine/compile.ts';
import { Routines } from '../../../src/text/zmachine/routines.ts';
import { enter, run } from '../../../src/text/zmachine/run.ts';
import { OwnPlayer } from './own-player.ts';
import { randomCommands } from './random-commands.ts';

const folder = join(import.meta.dirname, '../../..');
const versions = ['z3', 'z4', 'z5', 'z8'];
const read = (version: string): Uint8Array => readFileSync(join(folder, `stories/lighthouse.${version}`));

afterEach(() => {
  vi.unstubAllGlobals();
});

/** All that decides how a story goes on, and how many instructions it has taken. */
function stateOf({ memory, stack, top, frame, floor, pc, effort, isRunning }: Machine): unknown {
  return {
    memory: Buffer.from(memory).toString('base64'),
    stack: [...stack.subarray(0, top)],
    frame,
    floor,
    pc,
    effort,
    isRunning,
  };
}

test.each(versions)(
  'compiled instructions lead to the same states as those run one by one, in lighthouse.%s',
  (version) => {
    const story = read(version);
    const commands = randomCommands(story, 3);
    const players = [1, Infinity].map((often) => new OwnPlayer(story, 3, 'gradus', often));
    const [compiled, interpreted] = players;
    for (let i = 0; i < 300 && !compiled.hasQuit; i++) {
      const command = commands();
      for (const player of players) player.enter(command);
      expect(compiled.take(), `after ${command}`).toBe(interpreted.take());
      expect(stateOf(compiled.machine), `after ${command}`).toEqual(stateOf(interpreted.machine));
    }
  },
);

test('with whatever number of instructions, both come to an end or neither does, and count the same', () => {
  const outcomes = [1, Infinity].map((often) => {
    const { machine } = new OwnPlayer(read('z5'), 1, 'gradus', often);
    const before = machine.snapshot();
    return Array.from({ length: 60 }, (_, i) => {
      machine.restore(before);
      machine.effort = 0;
      enter(machine, 'take shell');
      try {
        return run(machine, 25 * i);
      } catch (error) {
        return `${String(error)} ${machine.effort}`;
      }
    });
  });
  expect(outcomes[0]).toEqual(outcomes[1]);
  expect(outcomes[0][0]).toMatch(/no end after 0 instructions/);
  expect(outcomes[0].at(-1)).toBeGreaterThan(500);
});

test('where functions cannot be made of text, nothing is compiled, and stories go on', () => {
  vi.stubGlobal('Function', function forbidden() {
    throw new EvalError('unsafe-eval is not an allowed source of script');
  });
  const player = new OwnPlayer(read('z5'), 1, 'gradus', 1);
  expect(
    compile(player.machine, player.machine.story.file.initialPc, new Routines(() => false), () => false),
  ).toBeUndefined();
  player.take();
  player.enter('take shell');
  expect(player.take()).toMatch(/^Taken\./);
});
