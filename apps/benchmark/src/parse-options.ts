import { InvalidArgumentError } from 'commander';

/** A parser for options that are integers of at least `minimum`. Commander names the option in front of its error. */
export function integerFrom(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''));
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= minimum) return value;
    throw new InvalidArgumentError(`Expected an integer of at least ${minimum}.`);
  };
}

/** A positive number, such as a time in seconds. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a positive number.');
}
