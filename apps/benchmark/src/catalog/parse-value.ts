import { exponential, linear, piecewise, type Schedule } from '@gradus/core';

/**
 * The value of an option as text: JSON, a schedule, or else the text itself. Schedules are `linear(1, 0.1)`, `linear(1, 0.1, 0.5)`,
 * `exponential(1, 0.1)` and `piecewise(0: 1, 0.5: 0.1)`.
 * @throws RangeError for a schedule that is none.
 */
export function parseValue(text: string): unknown {
  const [, name, inner] = /^\s*([a-z]+)\s*\((.*)\)\s*$/is.exec(text) ?? [];
  if (name !== undefined) return parseSchedule(name, inner);
  const [, start] = /^lin_(.+)$/.exec(text) ?? [];
  if (start !== undefined) throw new RangeError(`expected a schedule such as linear(${start}, 0), got ${text}`);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** How each kind is written, and made of what stands in its parentheses. */
const kinds: Readonly<
  Record<string, { readonly form: string; readonly make: (inner: string) => Schedule | undefined }>
> = {
  linear: {
    form: 'linear(from, to) or linear(from, to, until)',
    make: (inner) => {
      const values = numbers(inner);
      if (values?.length !== 2 && values?.length !== 3) return undefined;
      return linear(values[0], values[1], values.at(2));
    },
  },
  exponential: {
    form: 'exponential(from, to)',
    make: (inner) => {
      const values = numbers(inner);
      return values?.length === 2 ? exponential(values[0], values[1]) : undefined;
    },
  },
  piecewise: {
    form: 'piecewise(progress: value, …)',
    make: (inner) => {
      const points: (readonly [number, number])[] = [];
      for (const point of inner.split(',')) {
        const values = numbers(point, ':');
        if (values?.length !== 2) return undefined;
        points.push([values[0], values[1]]);
      }
      return piecewise(points);
    },
  },
};

function parseSchedule(name: string, inner: string): Schedule {
  if (!Object.hasOwn(kinds, name)) {
    const forms = Object.values(kinds).map(({ form }) => form);
    throw new RangeError(`unknown schedule '${name}'; known are ${forms.join(', ')}`);
  }
  const { form, make } = kinds[name];
  const schedule = make(inner);
  if (schedule === undefined) throw new RangeError(`expected ${form}, in numbers, got ${name}(${inner})`);
  return schedule;
}

/** Numbers between separators; undefined where something else stands there. */
function numbers(text: string, separator = ','): number[] | undefined {
  const parts = text.split(separator).map((part) => part.trim());
  return parts.every((part) => part !== '' && !Number.isNaN(Number(part))) ? parts.map(Number) : undefined;
}
