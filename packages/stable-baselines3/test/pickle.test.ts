import { expect, test } from 'vitest';
import { ImportError } from '../src/errors.ts';
import { unpickle } from '../src/pickle.ts';
import { PythonName, PythonObject, attributesOf, entriesOf, nameOf } from '../src/python.ts';
import { expected } from './fixtures.ts';

const pickles = expected.pickles as unknown as readonly string[];

function bytes(...parts: (number | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : Array.from(part, (letter) => letter.charCodeAt(0)))),
  );
}

function read(...parts: (number | string)[]): unknown {
  return unpickle(bytes(...parts), { subject: 'it' }).value;
}

test.each([0, 1, 2, 3, 4, 5])('protocol %i has the values that Python had', (protocol) => {
  const pickle = Uint8Array.from(Buffer.from(pickles[protocol], 'base64'));
  const { value, end } = unpickle(pickle, { subject: 'values' });
  expect(end).toBe(pickle.length);
  const values = value as ReadonlyMap<string, unknown>;
  expect(values.get('whole')).toEqual([
    0,
    255,
    256,
    65536,
    -1,
    -(2 ** 31),
    2 ** 31,
    -(2 ** 40),
    2n ** 70n,
    -(2n ** 70n),
  ]);
  expect(values.get('real')).toEqual([0.5, -1e300]);
  expect(values.get('flags')).toEqual([true, false, null]);
  expect(values.get('nested')).toEqual([[1], [2], [3, 4], [5, 6, 7], [8, 9, 10, 11]]);
  expect(values.get('dict')).toEqual(new Map([[1, new Map([['a', []]])]]));
  // What is remembered is the same object.
  expect(values.get('again')).toBe(values.get('nested'));
  expect(nameOf(values.get('object'))).toMatch(protocol < 2 ? 'copy_reg._reconstructor' : 'my.own.Thing');
  expect(attributesOf(values.get('object'))).toEqual(new Map([['size', 3]]));
  expect(values.get('name')).toEqual(new PythonName('torch.nn.modules.activation', 'ReLU'));
  const ordered = entriesOf(values.get('ordered'));
  if (protocol >= 2)
    expect([...(ordered ?? [])]).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  expect(values.get('text')).toEqual(['', 'Ω\n', 'a'.repeat(300)]);
  if (protocol >= 3) {
    expect(values.get('bytes')).toEqual([Uint8Array.of(), Uint8Array.of(0, 255), new Uint8Array(300)]);
  }
  if (protocol >= 4) {
    expect(values.get('set')).toEqual(new Set([3]));
    expect(values.get('frozen')).toEqual(new Set([4]));
  }
});

test('a call is noted and never made, whatever it would have called', () => {
  // cos\nsystem\n(S'rm -rf /'\ntR.
  const value = read("cos\nsystem\n(S'rm -rf /'\ntR.");
  expect(value).toBeInstanceOf(PythonObject);
  expect(nameOf(value)).toBe('os.system');
  expect((value as PythonObject).args).toEqual(['rm -rf /']);
});

test('a name such as __proto__ is an entry like any other', () => {
  const value = read("(dS'__proto__'\nI1\ns.");
  expect(value).toEqual(new Map([['__proto__', 1]]));
});

test('calls of calls, of any depth, and arguments that many calls have, cost no more than their bytes', () => {
  const deep = read('cmy.own\nmake\n', ')R'.repeat(100_000), '.');
  expect(nameOf(deep)).toBe('my.own.make');
  const [first, second] = read(
    '(cmy.own\nA\nq',
    0,
    '(NNlq',
    1,
    '}',
    0x92,
    'h',
    0,
    'h',
    1,
    '}',
    0x92,
    'l.',
  ) as PythonObject[];
  expect(first.args).toEqual([null, null]);
  expect(second.args).toBe(first.args);
});

test.each([
  ['nothing', [], 'it ends after 0 bytes'],
  ['no end', [0x4e], 'it ends after 1 bytes'],
  ['an operation that there is not', [0xff], 'the unknown operation 255'],
  ['nothing on the stack', [0x2e], 'nothing on the stack'],
  ['no mark', ['t.'], 'no mark'],
  ['something that was never remembered', ['h', 7, '.'], 'nothing remembered as 7'],
  ['text beyond the end', ['X', 255, 255, 255, 255, '.'], 'it ends after 6 bytes, expected 4294967295 more'],
  ['text of 2⁶³ bytes', [0x8d, 0, 0, 0, 0, 0, 0, 0, 128, '.'], 'it ends after'],
  ['a number of 2³¹ bytes', [0x8b, 255, 255, 255, 127], 'a number of 2147483647 bytes'],
  ['entries for a list', [']NNs.'], 'entries for a list of 0'],
  ['elements for None', ['NNa.'], 'elements for null'],
  ['members for a list', ['](', 0x90, '.'], 'members for a list'],
  ['a state for None', ['NNb.'], 'a state for null'],
  ['a call with None', ['NNR.'], 'a call with null'],
  ['a persistent id', ['NQ.'], 'a persistent id that nothing stands for'],
  ['a name that is no text', ['NN', 0x93, '.'], 'a name that is no text'],
  ['digits that are none', ['Ix\n.'], 'a line that is no whole number'],
])('%s is refused in words', (_, parts, message) => {
  const pickle = bytes(...parts);
  expect(() => unpickle(pickle, { subject: 'it' })).toThrow(ImportError);
  expect(() => unpickle(pickle, { subject: 'it' })).toThrow(`it: no pickle, or a damaged one: ${message}`);
});
