import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LogError } from '../../src/errors.ts';
import { LogFile } from '../../src/node/log-file.ts';

/** While set, files take so many bytes more, as a disk that is nearly full does. */
let room = Infinity;

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradus-'));
  path = join(folder, 'log');
  const write = fs.writeFileSync;
  const fill = (file: fs.PathOrFileDescriptor, data: Uint8Array | string, flag: string): void => {
    write(file, data.slice(0, room), { flag });
    if (data.length > room) throw new Error('ENOSPC: no space left on device, write');
  };
  vi.spyOn(fs, 'appendFileSync').mockImplementation((file, data) => fill(file, data, 'a'));
  vi.spyOn(fs, 'writeFileSync').mockImplementation((file, data) => fill(file, data as Uint8Array | string, 'w'));
  // What was imported by name is mocked too.
  syncBuiltinESMExports();
});

afterEach(() => {
  room = Infinity;
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  rmSync(folder, { recursive: true });
});

test('a disk that gets full leaves whole records', () => {
  const file = new LogFile(path);
  file.read();
  file.append(Buffer.from('one\n'));
  room = 2;
  expect(() => file.append(Buffer.from('two\n'))).toThrow(LogError);
  expect(() => file.append(Buffer.from('two\n'))).toThrow(`${path} cannot be written: ENOSPC: no space left on device`);
  expect(readFileSync(path, 'utf8')).toBe('one\n');
  room = Infinity;
  file.append(Buffer.from('two\n'));
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
});

test('a replacement that fails leaves the old file and nothing else', () => {
  const file = new LogFile(path);
  file.read();
  file.append(Buffer.from('one\n'));
  room = 2;
  expect(() => file.replace(Buffer.from('another\n'))).toThrow(`${path} cannot be written: ENOSPC`);
  expect(readFileSync(path, 'utf8')).toBe('one\n');
  expect(readdirSync(folder)).toEqual(['log']);
  room = Infinity;
  file.replace(Buffer.from('another\n'));
  file.append(Buffer.from('two\n'));
  expect(readFileSync(path, 'utf8')).toBe('another\ntwo\n');
  expect(readdirSync(folder)).toEqual(['log']);
});

test('goes on where a file ends, or where it was cut off', () => {
  writeFileSync(path, Buffer.from('one\ntwo\nthr'));
  const file = new LogFile(path);
  expect(file.read().toString()).toBe('one\ntwo\nthr');
  file.truncate(4);
  file.append(Buffer.from('2\n'));
  expect(readFileSync(path, 'utf8')).toBe('one\n2\n');
});

test('what is no file is named', () => {
  expect(() => new LogFile(folder).read()).toThrow(`${folder} cannot be opened: EISDIR`);
  writeFileSync(path, Buffer.from(''));
  expect(() => new LogFile(join(path, 'log')).read()).toThrow(`${join(path, 'log')} cannot be opened: `);
});
