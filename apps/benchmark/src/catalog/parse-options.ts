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

/** Seeds: `3` are so many from 0 on, `7,8` these two, `7,` this one. */
export function parseSeeds(text: string): number[] {
  const numbers = text.replace(/,$/, '').split(',').map(Number);
  const isList = text.includes(',');
  const isRight = numbers.every((seed) => Number.isSafeInteger(seed) && seed >= (isList ? 0 : 1));
  if (!/^\d+(,\d+)*,?$/.test(text) || !isRight || new Set(numbers).size < numbers.length) {
    throw new InvalidArgumentError('Expected a number of seeds (3), or different seeds (7,8 or 7,).');
  }
  return isList ? numbers : Array.from({ length: numbers[0] }, (_, seed) => seed);
}
