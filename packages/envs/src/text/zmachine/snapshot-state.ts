import { CheckpointError, readNumber, readState, readString, valueText, type StateDict } from '@gradus/core';
import { STACK_LENGTH, type Snapshot } from './machine.ts';
import type { StoryFile } from './story-file.ts';

/** A snapshot as a checkpoint can store it: with which story it is of, and null for what is not there. */
export function snapshotState(snapshot: Snapshot, story: StoryFile): StateDict {
  const { waiting, saved } = snapshot;
  // Interfaces are no dictionaries for the compiler, though all in them is of the kinds that these may hold.
  const values = { ...snapshot, waiting: waiting ?? null, saved: saved ?? null } as unknown as StateDict;
  return { story: identityOf(story), ...values };
}

/** The snapshot that a state holds. Throws `CheckpointError` where it is of another story, or none. */
export function readSnapshot(state: StateDict, story: StoryFile): Snapshot {
  const identity = identityOf(story);
  const given = readString(state, 'story');
  if (given !== identity) throw new CheckpointError(`state 'story': expected ${identity}, got ${given}`);
  // What is most likely to be damaged is looked at, the rest is as it was written.
  const { memory } = readState(state, 'game');
  if (!(memory instanceof Uint8Array) || memory.length !== story.staticBase) {
    throw new CheckpointError(`state 'memory': expected ${story.staticBase} bytes, got ${valueText(memory)}`);
  }
  readNumber(readState(state, 'game'), 'pc');
  readNumber(readState(state, 'random'), 'state');
  readState(state, 'screen');
  const snapshot: unknown = { ...state, waiting: state.waiting ?? undefined, saved: state.saved ?? undefined };
  if (isWhole(snapshot)) {
    // Where words of 32 bits are compared, they have to begin at such an address.
    const { game } = snapshot;
    return memory.byteOffset % 4 === 0 ? snapshot : { ...snapshot, game: { ...game, memory: memory.slice() } };
  }
  throw new CheckpointError("state 'snapshot': expected games with stacks, tables and a screen, got a damaged one");
}

/** Whether what is read out of a snapshot is there. */
function isWhole(value: unknown): value is Snapshot {
  const { game, saved = game, undo, tables, screen, waiting } = value as { readonly [K in keyof Snapshot]: unknown };
  const isEnding = (ending: unknown): boolean => typeof ending === 'object' && ending !== null;
  const isGame = (each: unknown): boolean => {
    const { memory, stack, frame, ending } = Object(each) as Record<string, unknown>;
    const fits = Array.isArray(stack) && stack.length <= STACK_LENGTH && Number(frame) <= stack.length;
    return fits && memory instanceof Uint8Array && isEnding(ending);
  };
  const { rows } = Object(screen) as Record<string, unknown>;
  const isWaiting = waiting === undefined || isEnding((Object(waiting) as Record<string, unknown>).ending);
  return (
    [game, saved].every(isGame) &&
    Array.isArray(undo) &&
    undo.every(isGame) &&
    [tables, rows].every(Array.isArray) &&
    isWaiting
  );
}

function identityOf({ version, release, serial, bytes }: StoryFile): string {
  return `version ${version}, release ${release}, serial ${serial}, ${bytes.length} bytes`;
}
