import { expect, test } from 'vitest';
import { exportedNames } from '../scripts/check.ts';

test('exported names are those that a file declares, and those that it hands on', () => {
  const text = `
    export { a, b as c, type D } from './x.ts';
    export const e = 1, f = 2;
    export async function g(): Promise<void> {}
    export interface H {}
    export type I = 1;
    export class J {}
    export * as k from './y.ts';
    const hidden = 1;
    function alsoHidden() {}`;
  expect(exportedNames('index.ts', text)).toEqual(['a', 'c', 'D', 'e', 'f', 'g', 'H', 'I', 'J', 'k']);
});

test('a file that exports all of another is refused, since it does not say what', () => {
  expect(() => exportedNames('index.ts', "export * from './x.ts';")).toThrow('index.ts: export * does not say');
});
