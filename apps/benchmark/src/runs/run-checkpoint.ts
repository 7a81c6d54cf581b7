import { CheckpointError, decodeCheckpointFile, encodeCheckpointFile, type Checkpoint } from '@gradus/core';
import { z } from 'zod';
import { parseJson } from '../files/parse-json.ts';
import { runRecordSchema } from './run-record.ts';

/**
 * A run that is not finished, as one file with checksums inside: whoever keeps it needs to know no more. Its memory is nobody else's, so that threads may
 * hand it over, which for gigabytes takes no time, and a copy minutes.
 */
export type RunCheckpoint = Uint8Array<ArrayBuffer>;

const { curve, best, origin } = runRecordSchema.shape;

/** What a run has besides its agent. */
const runStateSchema = z.strictObject({
  /** Of the planned run. */
  id: z.string(),
  curve,
  /** The score of the best agent so far; `evaluation` is the mean return that made it so. */
  best: best.extend({ evaluation: z.number() }).nullable(),
  /** Seconds of training so far. */
  seconds: z.number().min(0),
  started: origin.shape.started,
  resumed_at: origin.shape.resumed_at,
});

/** A value that fits the schema of what a run has besides its agent. */
export type RunState = z.infer<typeof runStateSchema>;

const STATE_FILE = 'run.json';

/** Packs an agent and the state of its run. */
export function encodeRunCheckpoint(agent: Checkpoint, state: RunState): RunCheckpoint {
  const text = new TextEncoder().encode(JSON.stringify(state));
  return encodeCheckpointFile({ ...agent, files: { ...agent.files, [STATE_FILE]: text } });
}

/**
 * What {@link encodeRunCheckpoint} packed.
 * @throws CheckpointError where it is corrupt or of a run other than `id`.
 */
export function decodeRunCheckpoint(
  checkpoint: RunCheckpoint,
  id: string,
): { readonly agent: Checkpoint; readonly state: RunState } {
  const agent = decodeCheckpointFile(checkpoint);
  const file: Uint8Array | undefined = agent.files[STATE_FILE];
  if (file === undefined) throw new CheckpointError(`checkpoint: the file ${STATE_FILE} is missing`);
  const state = parseJson(runStateSchema, new TextDecoder().decode(file), `checkpoint: ${STATE_FILE}`);
  if (state.id !== id) throw new CheckpointError(`checkpoint: expected one of the run ${id}, got ${state.id}`);
  return { agent, state };
}
