import type { Instruction } from './instructions.ts';
import type { Machine } from './machine.ts';

/** Does an instruction that neither the loop nor compiled code do themselves, and returns whether it has ended by itself. */
export type RunOther = (machine: Machine, instruction: Instruction, a: number, b: number) => boolean;

/** Of one function. Larger ones are not made fast by engines. */
export const MOST_INSTRUCTIONS = 400;

/** What a text returns that is given these things by their names; undefined where functions cannot be made of text, as a page may forbid. */
export function generate(text: string, given: Readonly<Record<string, unknown>>): unknown {
  const names = Object.keys(given);
  try {
    const make = new Function(...names, text) as (...values: unknown[]) => unknown;
    return make(...Object.values(given));
  } catch {
    return undefined;
  }
}
