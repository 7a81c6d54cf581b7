/** A line of a story's grammar, such as `put OBJ in OBJ`. */
export interface Template {
  readonly text: string;
  /** Number of the story's action: lines with the same one do the same. */
  readonly action: number;
  /** Whether each `OBJ` has to be in the player's hands. */
  readonly held: readonly boolean[];
  /** What each `OBJ` may be, in the story's own terms: what is refused as one of a kind is refused as any other of that kind. */
  readonly kinds: readonly string[];
}

/** What stands for a thing in a template. */
export const HOLE = 'OBJ';
