import type { Machine } from './machine.ts';
import { StoryError } from './story-error.ts';

/** Ends a run that has taken more instructions than it may: throws `StoryError`. However it was run, it then counts one more than it had. */
export function takeTooLong(machine: Machine): never {
  machine.effort = machine.limit + 1;
  throw new StoryError(`no end after ${machine.budget} instructions`);
}
