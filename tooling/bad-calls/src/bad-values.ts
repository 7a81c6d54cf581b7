/** Values that few arguments may have, with what they are called. */
export const badValues: readonly (readonly [label: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-1', -1],
  ['1.5', 1.5],
  ["'5'", '5'],
  ["'false'", 'false'],
  ['true', true],
  ['5n', 5n],
  ['Symbol()', Symbol('bad')],
  ['{}', {}],
  ['[]', []],
  ['() => 7', () => 7],
];

/** What the elements of a list may not be. */
export const badElements = badValues.filter(([label]) =>
  ['undefined', 'NaN', '1.5', "'5'", 'Symbol()'].includes(label),
);

/** What a value is, as far as the type of an argument goes. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'list';
  return typeof value;
}

/** Whether a value is written as { … }: its entries are options, each of which can be wrong. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
