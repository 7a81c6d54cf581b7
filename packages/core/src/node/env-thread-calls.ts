import type { MessagePort } from 'node:worker_threads';
import type { StateDict } from '../checkpoints/state.ts';
import type { VectorResetOptions } from '../environments/vector-env.ts';
import type { ActionArray } from '../spaces/spaces.ts';
import type { SpaceJson } from '../spaces/space-methods.ts';

// What the thread that learns and the threads with environments say to each other. Steps, of which there are many, are told by numbers in shared memory
// alone; all else by messages, which both sides read without an event loop.

/** What a thread begins with. */
export interface ThreadTask {
  /** URL of the module, and the name of the function in it that makes an environment of `args`. */
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
  /** How many environments. */
  readonly copies: number;
  /** See {@link CALL}, {@link ANSWER}. */
  readonly signals: Int32Array;
  readonly port: MessagePort;
}

/** Index into `signals`: how many calls were made. */
export const CALL = 0;
/** Index into `signals`: what became of the call, one of the following. */
export const ANSWER = 1;

/** Not answered yet. */
export const WAITING = 0;
/** A step was made. */
export const STEPPED = 1;
/** There is a message. */
export const TOLD = 2;
/** The thread has ended. */
export const ENDED = 3;

/** Memory that both sides see: for each copy of one thread a row. */
export interface SharedRows {
  readonly actions: ActionArray;
  readonly observations: Float32Array;
  readonly finalObservations: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly episodeReturns: Float64Array;
  readonly episodeLengths: Int32Array;
  readonly actionMasks: Uint8Array;
}

/** The rows that a step fills. */
export const filledRows = [
  'observations',
  'finalObservations',
  'rewards',
  'terminated',
  'truncated',
  'episodeReturns',
  'episodeLengths',
  'actionMasks',
] as const;

/** What the environments of a thread are. */
export interface MadeEnvs {
  readonly observationSpace: SpaceJson;
  readonly actionSpace: SpaceJson;
  readonly maxEpisodeSteps: number | undefined;
  /** Numbers of an action mask; 0 where there is none. */
  readonly maskSize: number;
}

/** A call by message. One of none of these is a step. */
export type Call =
  | { readonly kind: 'share'; readonly rows: SharedRows }
  | { readonly kind: 'reset'; readonly options: VectorResetOptions }
  | { readonly kind: 'getState' }
  | { readonly kind: 'setState'; readonly state: StateDict }
  | { readonly kind: 'call'; readonly module: string; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'close' };

/** An answer by message. */
export type Answer =
  | { readonly kind: 'made'; readonly made: MadeEnvs }
  | { readonly kind: 'done' }
  | { readonly kind: 'state'; readonly state: StateDict }
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly message: string };
