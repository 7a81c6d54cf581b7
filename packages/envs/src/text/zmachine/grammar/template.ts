/** A line of a story's grammar, such as `put OBJ in OBJ`. */
export interface Template {
  readonly text: string;
  /** Number of the story's action: lines with the same one do the same. */
  readonly action: number;
  /** What may stand for each `OBJ`, as the grammar's table has it: the same for the same things. */
  readonly holes: readonly string[];
}

/** What stands for a thing in a template. */
export const HOLE = 'OBJ';
