import {
  CheckpointError,
  readNumber,
  readState,
  readString,
  restoreArray,
  type StateDict,
  type StateValue,
} from '@gradus/core';
import { STACK_LENGTH, type Snapshot } from './machine.ts';
import type { StoryFile } from './story-file.ts';

/** A snapshot as a checkpoint can store it: with which story it is of, and null for what is not there. */
export function snapshotState(snapshot: Snapshot, story: StoryFile): StateDict {
  return { story: identityOf(story), ...(withNulls(snapshot) as StateDict) };
}

/** The snapshot that a state holds. Throws `CheckpointError` where it is of another story, or none. */
export function readSnapshot(state: StateDict, story: StoryFile): Snapshot {
  const identity = identityOf(story);
  const given = readString(state, 'story');
  if (given !== identity) throw new CheckpointError(`state 'story': expected ${identity}, got ${given}`);
  // What is most likely to be damaged is looked at, the rest is as it was written.
  restoreArray(readState(state, 'game'), 'memory', new Uint8Array(story.staticBase));
  readNumber(readState(state, 'game'), 'pc');
  readNumber(readState(state, 'random'), 'state');
  readState(state, 'screen');
  const snapshot = withoutNulls(state);
  if (isWhole(snapshot)) return snapshot;
  throw new CheckpointError("state 'snapshot': expected games with stacks, tables and a screen, got a damaged one");
}

/** Whether what is read out of a snapshot is there. */
function isWhole(value: unknown): value is Snapshot {
  const { game, saved = game, undo, tables, screen, waiting } = value as { readonly [K in keyof Snapshot]: unknown };
  const isEnding = (ending: unknown): boolean => typeof ending === 'object';
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

function withNulls(value: unknown): StateValue {
  if (value === undefined) return null;
  if (typeof value !== 'object' || value instanceof Uint8Array) return value as StateValue;
  if (Array.isArray(value)) return value.map(withNulls);
  return Object.fromEntries(Object.entries(value ?? {}).map(([name, entry]) => [name, withNulls(entry)]));
}

function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withoutNulls(entry)]));
}
