/** A line of a story's grammar, such as `put OBJ in OBJ`. */
export interface Template {
  readonly text: string;
  /** Number of the story's action: lines with the same one do the same. */
  readonly action: number;
  /** What may stand for each `OBJ`. */
  readonly holes: readonly Hole[];
}

/** A place for a thing in a template. */
export interface Hole {
  /** As the grammar's table has it: the same for the same things. */
  readonly kind: string;
  /** Whether the story refuses whatever is not in the player's hands. */
  readonly isHeld: boolean;
}

/** What stands for a thing in a template. */
export const HOLE = 'OBJ';
