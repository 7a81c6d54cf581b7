import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Checkpoint } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { describe, expect, it } from 'vitest';
import { loadLanguageModel } from '../../src/rlhf/language-model.ts';
import { damaged, expectOneLine } from '../damaged.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { tinyModel } from './tiny-model.ts';

const quick = ['--device', 'wasm', '--set', 'batchSize=2'];
const texts = ['sat', 'on the mat'].map((completion) => ({ prompt: 'the cat ', completion }));

/** A model, and a file of these rows. */
function workplace(rows: readonly object[] = texts) {
  const root = temporaryFolder();
  const data = join(root, 'rows.jsonl');
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'));
  return { ...tinyModel(), root, data };
}

describe('files of a model that are damaged are refused by name, or mean something', () => {
  it.each(['config.json', 'tokenizer.json', 'generation_config.json'])('%s', async (name) => {
    const { folder } = tinyModel();
    const path = join(folder, name);
    const contents = JSON.parse(readFileSync(path, 'utf8')) as object;
    let accepted = 0;
    for (const version of damaged(contents, 60)) {
      writeFileSync(path, JSON.stringify(version));
      if (await expectOneLine(() => loadLanguageModel(folder), 'tiny')) accepted++;
    }
    expect(accepted).toBeLessThan(40);
    writeFileSync(path, '{"a": ');
    expect(await expectOneLine(() => loadLanguageModel(folder), name)).toBe(false);
  });

  it('weights', async () => {
    const { folder } = tinyModel();
    const path = join(folder, 'model.safetensors');
    const bytes = readFileSync(path);
    for (const length of [0, 7, 8, 100, bytes.length - 1]) {
      writeFileSync(path, bytes.subarray(0, length));
      expect(await expectOneLine(() => loadLanguageModel(folder), 'tiny: .*(safetensors|header|bytes)')).toBe(false);
    }
    // Bytes of the header's beginning, where offsets, shapes and names are.
    for (let at = 0; at < 200; at += 3) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      writeFileSync(path, changed);
      await expectOneLine(() => loadLanguageModel(folder), 'tiny');
    }
  });
});

describe('rows that are damaged are named by their number', () => {
  it('of JSON lines', async () => {
    let accepted = 0;
    for (const version of damaged(texts[1], 20)) {
      const { folder, data, root } = workplace([texts[0], version as object]);
      const out = join(root, 'out');
      const { status, errors } = await runCommand(
        ...['rlhf', 'sft', '--model', folder, '--data', data, ...quick, '--steps', '2', '--out', out, '--json'],
      );
      if (status === 0) accepted++;
      else
        expect(errors).toMatch(
          /^error: --data [^\n]*rows\.jsonl: row 1( \(line 2\))?(:| is a conversation,) [^\n]+\n$/,
        );
    }
    expect(accepted).toBeLessThan(10);
  });

  it('of a file that was cut off', async () => {
    const { folder, data } = workplace();
    writeFileSync(data, readFileSync(data, 'utf8').slice(0, -5));
    const { status, errors } = await runCommand('rlhf', 'sft', '--model', folder, '--data', data, ...quick);
    expect([status, errors.split('\n').length]).toEqual([1, 2]);
    expect(errors).toContain(`error: --data ${data}: row 1 (line 2): expected JSON`);
    const parquet = data.replace('jsonl', 'parquet');
    writeFileSync(parquet, 'PAR1 and so on PAR1');
    const cut = await runCommand('rlhf', 'sft', '--model', folder, '--data', parquet, ...quick);
    expect(cut.status).toBe(1);
    expect(cut.errors).toMatch(/^error: --data [^\n]*rows\.parquet: [^\n]+\n$/);
  });
});

describe('saved trainings', () => {
  /** A small one. */
  async function saved(): Promise<string> {
    const { folder, data, root } = workplace();
    const out = join(root, 'saved');
    const flags = ['--model', folder, '--data', data, ...quick, '--steps', '2', '--out', out, '--json'];
    expect((await runCommand('rlhf', 'sft', ...flags)).status).toBe(0);
    return out;
  }

  it('whose bytes have changed are refused by the name of the file', async () => {
    const whole = await saved();
    // What generation reads has nothing to do with going on.
    const names = readdirSync(whole, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.startsWith('model') && statSync(join(whole, name)).isFile(),
    );
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) {
      const folder = join(temporaryFolder(), 'damaged');
      cpSync(whole, folder, { recursive: true });
      const bytes = readFileSync(join(folder, name));
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(join(folder, name), bytes);
      const { status, errors } = await runCommand('rlhf', 'sft', '--resume', folder, '--more-steps', '2', '--json');
      expect(status).toBe(1);
      expect(errors).toMatch(/^error: (?!unexpected)[^\n]+\n$/);
      expect(errors).toContain(basename(name));
    }
  });

  const changed = (checkpoint: Checkpoint, name: string): Checkpoint[] =>
    damaged(JSON.parse(new TextDecoder().decode(checkpoint.files[name])), 15).map((version) => {
      const file = new TextEncoder().encode(JSON.stringify(version));
      return { ...checkpoint, files: { ...checkpoint.files, [name]: file } };
    });

  /** Versions of what was saved whose checksums are right, with the file that was changed. */
  const versions: Readonly<Record<string, (checkpoint: Checkpoint) => Checkpoint[]>> = {
    'run.json': (checkpoint) => changed(checkpoint, 'run.json'),
    'tokenizer.json': (checkpoint) => changed(checkpoint, 'tokenizer.json'),
    'the state': (checkpoint) =>
      damaged(checkpoint.state, 25)
        .filter((state) => typeof state === 'object' && state !== null && !Array.isArray(state))
        .map((state) => ({ ...checkpoint, state: state as Checkpoint['state'] })),
  };

  it.each(Object.keys(versions))('whose checksums are right: %s', async (what) => {
    const folder = join(temporaryFolder(), 'damaged');
    let refused = 0;
    for (const version of versions[what](await loadCheckpoint(await saved()))) {
      await saveCheckpoint(folder, version);
      const { status, errors } = await runCommand('rlhf', 'sft', '--resume', folder, '--more-steps', '2', '--json');
      if (status === 0) continue;
      refused++;
      expect(status).toBe(1);
      expect(errors).toMatch(/^error: (?!unexpected)[^\n]+\n$/);
    }
    expect(refused).toBeGreaterThan(0);
  });
});
