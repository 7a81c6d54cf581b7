/** Numbers of a list that are shown. */
const MOST_SHOWN = 20;

/** A value as `print` shows it: numbers with four digits, lists and arrays of numbers in brackets, other things as JSON. */
export function valueText(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(4)));
  if (typeof value === 'string') return value;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    const all = Array.from(value as ArrayLike<unknown>);
    const shown = all.slice(0, MOST_SHOWN).map(valueText);
    return `[${[...shown, ...(all.length > MOST_SHOWN ? [`… ${all.length} in all`] : [])].join(', ')}]`;
  }
  if (value === undefined || typeof value === 'function') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    // What refers to itself has no JSON.
    return Object.prototype.toString.call(value);
  }
}
