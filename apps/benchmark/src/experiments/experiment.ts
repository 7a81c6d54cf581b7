import type { Figure } from '../report/figure.ts';

/** What an experiment is given. */
export interface ExperimentContext {
  /** Independent repetitions; their seeds are 0 … seeds − 1. */
  readonly seeds: number;
  /** Results folder of `gradus bench`, for an experiment with a suite. */
  readonly results: string;
  /** How long a suite takes for these, in words. */
  readonly takes: string;
  /** The command that asked for it, to say how to go on. */
  readonly command: readonly string[];
}

/** What theory or literature makes one expect, threshold included, and what the numbers say of it. */
export interface Claim {
  readonly claim: string;
  readonly holds: boolean;
  /** The numbers that decide it. */
  readonly found: string;
}

/** Rows of texts under a head, the first column for what a row is about. */
export interface NumbersTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What an experiment takes with its usual repetitions; with others as many times as much. */
interface ExperimentCost {
  /** Seconds of one core, as measured on an AMD EPYC (Zen 4). A suite's runs share those that there are; all else is computed on one. */
  readonly seconds: number;
  /** How often `forSeeds` computes something: not in an experiment with a suite. */
  readonly repetitions?: number;
}

/**
 * A question of the lectures that a computation answers. The same seeds give the same numbers; everything that is shown is made of the
 * numbers alone, so that they can be kept, and figures and verdict made of them again.
 */
export interface Experiment<Numbers extends object = object> {
  /** What it is called on the command line. */
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** Where it comes from, such as `S2.2`. */
  readonly section: string;
  /** What is computed and why, with the papers; one text for each paragraph. */
  readonly method: readonly string[];
  /** The suite of `gradus bench` whose results it reads, if it does. */
  readonly suite?: string;
  /** What is to be said of the numbers that were recorded, and claims do not say; one text for each paragraph. */
  readonly remarks?: readonly string[];
  /** Repetitions if nothing else is asked for. */
  readonly seeds: number;
  /** What these take. */
  readonly cost: ExperimentCost;
  /** Computes the numbers: plain data that JSON can hold, without NaN and infinities. Throws `UserError` for seeds that do not suffice. */
  run(context: ExperimentContext): Numbers | Promise<Numbers>;
  figures(numbers: Numbers): readonly Figure[];
  table(numbers: Numbers): NumbersTable;
  /** The answer: it is yes where all claims hold. */
  verdict(numbers: Numbers): readonly Claim[];
}
