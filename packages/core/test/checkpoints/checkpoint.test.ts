import { describe, expect, test } from 'vitest';
import {
  CheckpointReader,
  decodeCheckpoint,
  encodeCheckpoint,
  type Checkpoint,
} from '../../src/checkpoints/checkpoint.ts';
import { CheckpointError } from '../../src/errors.ts';

const checkpoint: Checkpoint = {
  algorithm: 'dqn',
  state: { step: 12, best: -Infinity, replay: { rewards: Float32Array.of(1, 2, 3) } },
  files: { 'online.safetensors': Uint8Array.of(1, 2, 3, 4), 'empty.bin': new Uint8Array(0) },
};

const parse = (bytes: Uint8Array): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

test('comes back exactly, also when agent.json was formatted anew', () => {
  const files = encodeCheckpoint(checkpoint);
  expect(Object.keys(files).sort()).toEqual(['agent.json', 'empty.bin', 'online.safetensors', 'state.bin']);
  expect(decodeCheckpoint(files)).toStrictEqual(checkpoint);
  expect(decodeCheckpoint({ ...files, 'agent.json': encode(parse(files['agent.json'])) })).toStrictEqual(checkpoint);
});

test('agent.json says in plain words what it is', () => {
  const manifest = parse(encodeCheckpoint(checkpoint)['agent.json']);
  expect(manifest).toMatchObject({ format: 'gradus-agent', version: 3, algorithm: 'dqn', state: { step: 12 } });
});

test('files may come in pieces of any size', () => {
  const { 'agent.json': manifest, ...files } = encodeCheckpoint(checkpoint);
  for (const size of [1, 3, 7, 100]) {
    const reader = new CheckpointReader(manifest);
    expect(reader.fileNames.sort()).toEqual(['empty.bin', 'online.safetensors', 'state.bin']);
    for (const [name, bytes] of Object.entries(files)) {
      for (let i = 0; i < bytes.length; i += size) reader.read(name, bytes.subarray(i, i + size));
    }
    expect(reader.finish()).toStrictEqual(checkpoint);
  }
});

describe('damage is named', () => {
  const files = encodeCheckpoint(checkpoint);
  const without = (name: string): Record<string, Uint8Array> =>
    Object.fromEntries(Object.entries(files).filter(([key]) => key !== name));

  test.each(Object.keys(files))('missing %s', (name) => {
    expect(() => decodeCheckpoint(without(name))).toThrow(`checkpoint: the file ${name} is missing`);
  });

  test.each(['state.bin', 'online.safetensors'])('truncated %s', (name) => {
    const bytes = files[name].subarray(0, files[name].length - 1);
    expect(() => decodeCheckpoint({ ...files, [name]: bytes })).toThrow(
      `${name} has ${bytes.length} bytes, expected ${bytes.length + 1}`,
    );
  });

  test.each(Object.keys(files).filter((name) => files[name].length > 0))('any flipped bit of %s', (name) => {
    for (let k = 0; k < files[name].length; k++) {
      const bytes = files[name].slice();
      bytes[k] ^= 1 << (k % 8);
      let decoded: Checkpoint | undefined;
      try {
        decoded = decodeCheckpoint({ ...files, [name]: bytes });
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError);
      }
      // Only white space between the tokens of agent.json may change unnoticed.
      if (decoded) expect(decoded).toStrictEqual(checkpoint);
    }
  });

  test('truncated, foreign or newer agent.json', () => {
    const manifest = files['agent.json'];
    const load = (bytes: Uint8Array): unknown => decodeCheckpoint({ ...files, 'agent.json': bytes });
    expect(() => load(manifest.subarray(0, 100))).toThrow('agent.json is corrupt or truncated, expected JSON');
    expect(() => load(encode({ format: 'other' }))).toThrow('agent.json is not of the format gradus-agent');
    expect(() => load(encode('null'))).toThrow('agent.json is not of the format gradus-agent');
    expect(() => load(encode({ ...parse(manifest), version: 2 }))).toThrow('agent.json has version 2, expected 3');
    expect(() => load(encode({ ...parse(manifest), algorithm: 'ppo' }))).toThrow(
      'agent.json is corrupt, its checksum is wrong',
    );
  });

  test.each(['agent.json', 'state.bin'])('a file that takes the name %s', (name) => {
    expect(() => encodeCheckpoint({ ...checkpoint, files: { [name]: new Uint8Array(1) } })).toThrow(
      `the file name ${name} is taken`,
    );
  });

  test.each(['../escape', 'a/b', '.hidden', ''])('the file name "%s"', (name) => {
    expect(() => encodeCheckpoint({ ...checkpoint, files: { [name]: new Uint8Array(1) } })).toThrow(
      'expected a plain file name',
    );
  });
});
