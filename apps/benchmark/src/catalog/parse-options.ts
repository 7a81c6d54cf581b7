import { InvalidArgumentError } from 'commander';

/** More than anybody means of what a command holds in memory one by one, such as completions. */
export const MOST_HELD = 1_000_000;

/** A parser for options that are integers from `minimum` to `maximum`. Commander names the option in front of its error. */
export function integerFrom(minimum: number, maximum = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''));
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected an integer ${limits(minimum, maximum)}.`);
  };
}

function limits(minimum: number, maximum: number): string {
  return `of at least ${minimum}${maximum === Infinity ? '' : ` and at most ${maximum}`}`;
}

/** The seed of one run. */
export function oneSeed(text: string): number {
  if (/^\d+\s*[,-]/.test(text)) {
    throw new InvalidArgumentError(`Expected one seed; 'gradus bench' trains several: --seeds ${text}.`);
  }
  return integerFrom(0)(text);
}

/** A positive number, such as a time in seconds. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a positive number.');
}

/** A parser for options that are numbers from `minimum` to `maximum`. */
export function numberFrom(minimum: number, maximum = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a number ${limits(minimum, maximum)}.`);
  };
}

/** More seeds than anybody means. */
const MAX_SEEDS = 100_000;

/** Seeds: `3` are so many from 0 on, `7,8` these two, `7,` this one, `0-4` those from 0 to 4; lists may have ranges, `0,1,5-7`. */
export function parseSeeds(text: string): number[] {
  const problem = new InvalidArgumentError(
    'Expected a number of seeds (3), or different seeds: a list (7,8 or 7,), a range (0-4), or both (0,1,5-7).',
  );
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*,?$/.test(text)) throw problem;
  if (/^\d+$/.test(text)) return seedsFrom(0, Number(text) - 1, problem);
  const parts = text.replace(/,$/, '').split(',');
  const seeds = parts.flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return seedsFrom(first, last, problem);
  });
  if (new Set(seeds).size < seeds.length) throw problem;
  return seeds;
}

/** first … last, of which there is at least one. */
function seedsFrom(first: number, last: number, problem: Error): number[] {
  if (!Number.isSafeInteger(last) || last < first || last - first >= MAX_SEEDS) throw problem;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
