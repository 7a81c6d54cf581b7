import type { Snapshot } from './machine.ts';
import { StoryError } from './story-error.ts';
import type { StoryPlayer } from './story-player.ts';
import type { World } from './world.ts';

/** Commands in which only time passes that are watched. */
const IDLE_COMMANDS = 40;

/** What is learned about a story, at its beginning, from commands that should change nothing. */
export interface Noise {
  /** Addresses of bytes of the world that change by themselves: wanderers, clocks, marks of what was seen. */
  readonly addresses: ReadonlySet<number>;
  /** Addresses of bytes of global variables that do not: some of them hold what objects do not show. */
  readonly steadyGlobals: readonly number[];
}

/** Answers to what a story asks before its first command, such as whether one has played it before. */
const ANSWERS = ['no', 'yes', 'no', 'yes'];

/** Answers questions that a story begins with, until it waits at a place where it waits again after any answer, and returns that place. The story stays there. */
export function passQuestions(player: StoryPlayer): string {
  for (const answer of ANSWERS) {
    const before = player.machine.snapshot();
    const { place } = player;
    const isLost = attempt(player, answer) === undefined || !player.machine.waiting;
    if (isLost || player.place === place) {
      player.machine.restore(before);
      break;
    }
  }
  return player.place;
}

/** Watches what changes while nothing is done: bytes that do say nothing about what a command does. */
export function findNoise(player: StoryPlayer, world: World, idle: readonly string[]): Noise {
  const { machine } = player;
  const before = machine.snapshot();
  const addresses = new Set<number>();
  const globals = new Set(world.globals);
  const commands = [...idle, 'qzxv', 'examine qzxv', ...Array<string>(IDLE_COMMANDS).fill(idle[0])];
  let memory = before.game.memory;
  for (const command of commands) {
    if (!machine.waiting || attempt(player, command) === undefined) break;
    const after = machine.snapshot().game.memory;
    for (const address of world.changes(memory)) addresses.add(address);
    for (const address of globals) if (memory[address] !== after[address]) globals.delete(address);
    memory = after;
  }
  machine.restore(before);
  return { addresses, steadyGlobals: [...globals] };
}

/** Who the player is, and which variable says where. */
export interface Whereabouts {
  /** The object that is the player, 0 where it is unknown. */
  readonly self: number;
  readonly variable: number;
}

/** In version 3 the status line shows it, and so it has a place of its own, which most other stories keep to. */
const USUAL_VARIABLE = 16;

/** Finds out by going: the player is the object that is elsewhere then, and the variable becomes that place. */
export function findWhereabouts(player: StoryPlayer, directions: readonly string[]): Whereabouts {
  const { machine } = player;
  const { objects, story } = machine;
  const before = machine.snapshot();
  const all = Array.from({ length: objects.count() }, (_, i) => i + 1);
  const look = (): { readonly parents: number[]; readonly variables: number[] } => ({
    parents: all.map((object) => objects.parent(object)),
    variables: globalVariables.map((variable) => machine.getVariable(variable)),
  });
  const here = look();
  let found: Whereabouts = { self: 0, variable: USUAL_VARIABLE };
  for (const direction of directions) {
    machine.restore(before);
    if (attempt(player, direction) === undefined) break;
    const there = look();
    const variable = globalVariables.find((_, i) => {
      const [from, to] = [here.variables[i], there.variables[i]];
      return from !== to && all.some((_object, j) => here.parents[j] === from && there.parents[j] === to && to > 0);
    });
    if (variable === undefined || (story.file.version === 3 && variable !== USUAL_VARIABLE)) continue;
    const [from, to] = [here, there].map(({ variables }) => variables[variable - USUAL_VARIABLE]);
    const self = all.find((_, j) => here.parents[j] === from && there.parents[j] === to) ?? 0;
    found = { self, variable };
    break;
  }
  machine.restore(before);
  return found;
}

const globalVariables = Array.from({ length: 240 }, (_, i) => USUAL_VARIABLE + i);

/** What a command would be answered with, from where the story was then; everything stays as it is. Undefined where it comes to no end. */
export function peek(player: StoryPlayer, from: Snapshot, command: string): string | undefined {
  const now = player.machine.snapshot();
  player.machine.restore(from);
  const answer = attempt(player, command);
  player.machine.restore(now);
  return answer;
}

function attempt(player: StoryPlayer, command: string): string | undefined {
  if (!player.machine.waiting) return undefined;
  try {
    return player.attempt(command);
  } catch (error) {
    if (!(error instanceof StoryError)) throw error;
    return undefined;
  }
}
