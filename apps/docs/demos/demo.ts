import type { RenderContext, RenderFormat } from '@gradus/core';

/** What the reader has chosen, by the names of the catalog's choices. */
export type ChosenValues = Readonly<Record<string, string | number | boolean>>;

/** How fast a demo learns: so many updates a second, or as many as fit. */
export type Speed = 1 | 10 | 'full';

/** What a demo begins with. */
export interface DemoSettings {
  /** All that is random follows from it. */
  readonly seed: number;
  readonly chosen: ChosenValues;
}

/** A line of a learning curve. */
export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Some numbers side by side: what a network, or a table, makes of what the agent sees. */
export interface View {
  readonly title: string;
  /** Probabilities are drawn from 0 to 1, values in their own range. */
  readonly kind: 'probabilities' | 'values';
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

/** A grid with what is known of its squares. */
export interface GridView {
  readonly rows: number;
  readonly columns: number;
  /** What each square is. */
  readonly squares: readonly ('free' | 'wall' | 'start' | 'goal')[];
  /** The value of each square, [rows × columns]. */
  readonly values: readonly number[];
  /** The best actions of each square: up, right, down, left. */
  readonly best: readonly (readonly number[])[];
  /** Where the agent is. */
  readonly agent: number;
}

/** A board of backgammon, as the reader sees it. */
export interface BoardView {
  /** The checkers on each point and elsewhere: a `Position` of `@gradus/envs/backgammon`. */
  readonly position: readonly number[];
  /** What was rolled, the die that is played next first, without those that were played. */
  readonly dice: readonly number[];
  /** Points from which a checker can be moved now, and which of the choices does so. */
  readonly sources: readonly { readonly point: number; readonly choice: number }[];
  /** Points to which the net's checkers came last. */
  readonly marked: readonly number[];
}

/** A game that the reader plays. */
export interface GameView {
  /** What was told, in the order in which it was. */
  readonly told: readonly string[];
  /** How the game stands. */
  readonly standing: string;
  /** What the reader can do now; he does the i-th by a change of `place` i. */
  readonly choices: readonly string[];
  readonly board?: BoardView | undefined;
}

/** Why a demo learns no more: the score is reached, nothing changes any more, or it has learned for as long as it was meant to. */
export type Ended = 'solved' | 'settled' | 'all steps done';

/** All that a page shows of a demo besides its picture. */
export interface Snapshot {
  readonly step: number;
  /** What is counted: `environment steps`, for instance. */
  readonly unit: string;
  /** The score that was measured last, and the best so far; `undefined` before the first. */
  readonly score: number | undefined;
  readonly best: number | undefined;
  readonly ended: Ended | undefined;
  readonly curves: readonly Curve[];
  readonly views: readonly View[];
  /** What curves go over, where that is not what is counted. */
  readonly over?: string | undefined;
  /** Texts that are read and written. */
  readonly texts?: readonly { readonly label: string; readonly text: string }[] | undefined;
  readonly grid?: GridView | undefined;
  readonly game?: GameView | undefined;
}

/** One thing that learns and is looked at. It knows nothing of pages, workers and time. */
export interface Demo {
  /** Size and pace of the picture; a demo without one has views alone. */
  readonly picture?: RenderFormat | undefined;
  /** Why learning has ended; `undefined` as long as it goes on. */
  readonly ended: Ended | undefined;
  /** One update. Does nothing once learning has ended. */
  learn(): void | Promise<void>;
  /** One step of what is shown, where something is. Frozen: with the best actions of the policy as it is; else as in training. */
  play?(isFrozen: boolean): void;
  draw?(context: RenderContext): void;
  snapshot(): Snapshot;
  /** Takes over weights that were trained before, and learns on from them. */
  usePretrained?(weights: Uint8Array): void | Promise<void>;
  /** The reader's change of something in the picture, such as a wall in square `place`, or his choice in a game. */
  change?(place: number): void;
  /** Takes over what was chosen among the choices that need no new beginning. */
  adjust?(chosen: ChosenValues): void;
  dispose(): void;
}

/** The bytes of `pretrained/<file>.safetensors`. */
export type LoadPretrained = (file: string) => Promise<Uint8Array>;

/** What the module of a demo exports. */
export interface DemoModule {
  create(settings: DemoSettings, load: LoadPretrained): Demo | Promise<Demo>;
}
