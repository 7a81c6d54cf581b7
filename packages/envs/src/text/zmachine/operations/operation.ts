import type { Machine } from '../machine.ts';

/** What an instruction does: gets the machine and its first four operands, 0 for those that it does not have. */
export type Run<Result = unknown> = (machine: Machine, a: number, b: number, c: number, d: number) => Result;

/** The versions that an operation is for. Default all. */
interface Versions {
  readonly from?: number;
  readonly until?: number;
}

/** An operation as the Standard's §14 has it. */
export interface Operation {
  /** Number of operands and number, such as `2OP:20`. */
  readonly code: string;
  readonly name: string;
  /** Undefined for those that stories do most: the loop of `run` does them itself, which takes a fraction of the time. */
  readonly run: Run | undefined;
  /** Whether a variable's number follows, or a branch. */
  readonly stores: boolean;
  readonly branches: boolean;
  /** Whether it deals with its ending by itself, as those do that end later. */
  readonly endsItself: boolean;
  readonly versions: Versions;
}

const base = { stores: false, branches: false, endsItself: false };

/** One with no result. */
export function plain(code: string, name: string, run: Run<void>, versions: Versions = {}): Operation {
  return { ...base, code, name, run, versions };
}

/** One whose result goes into a variable. */
export function storing(code: string, name: string, run: Run<number>, versions: Versions = {}): Operation {
  return { ...base, code, name, run, versions, stores: true };
}

/** One that branches where its condition holds. */
export function branching(code: string, name: string, run: Run<boolean>, versions: Versions = {}): Operation {
  return { ...base, code, name, run, versions, branches: true };
}

/** One whose result goes into a variable, and that branches where that is not 0. */
export function searching(code: string, name: string, run: Run<number>, versions: Versions = {}): Operation {
  return { ...base, code, name, run, versions, stores: true, branches: true };
}

/** One with a result for a variable, or a branch, that it deals with by itself. */
export function endingItself(
  code: string,
  name: string,
  result: 'stores' | 'branches',
  run: Run<void>,
  versions: Versions = {},
): Operation {
  return { ...base, code, name, run, versions, [result]: true, endsItself: true };
}

/** One that the loop of `run` does itself. */
export function common(
  code: string,
  name: string,
  results: readonly ('stores' | 'branches')[] = [],
  versions: Versions = {},
): Operation {
  return {
    ...base,
    code,
    name,
    run: undefined,
    versions,
    stores: results.includes('stores'),
    branches: results.includes('branches'),
  };
}
