/** A line of a story's grammar, such as `put OBJ in OBJ`. */
export interface Template {
  readonly text: string;
  /** Number of the story's action: lines with the same one do the same. */
  readonly action: number;
  /** Whether each `OBJ` has to be in the player's hands. */
  readonly held: readonly boolean[];
}

/** What stands for a thing in a template. */
export const HOLE = 'OBJ';
