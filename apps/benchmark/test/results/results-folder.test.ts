import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeCheckpointFile } from '@gradus/core';
import { loadCheckpoint } from '@gradus/core/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunCheckpoint } from '../../src/runs/run-checkpoint.ts';
import { recordLine } from '../../src/results/record-lines.ts';
import {
  descriptionText,
  readRecords,
  readResults,
  ResultsFolder,
  type ResultsDescription,
} from '../../src/results/results-folder.ts';
import { seal } from '../../src/files/seal.ts';
import { UserError } from '../../src/user-error.ts';
import { recordOf } from '../planned-runs.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const description: ResultsDescription = {
  name: 'mine',
  description: '',
  command: 'gradus bench mine.json',
  versions: { gradus: '0.0.0', node: 'v20.0.0' },
  runs: [0, 1].map((seed) => recordOf(seed).run),
};

async function openFolder(path: string, fresh = false, say?: (line: string) => void): Promise<ResultsFolder> {
  const folder = await ResultsFolder.open(path, description, fresh, say);
  onTestFinished(() => folder.close());
  return folder;
}

/** Of no agent, but whole: with an array of so many numbers. */
const checkpointWith = (numbers: number): RunCheckpoint =>
  encodeCheckpointFile({ algorithm: 'fake', state: { array: new Float64Array(numbers).fill(7) }, files: {} });
const checkpoint = checkpointWith(100);

describe('ResultsFolder', () => {
  it('keeps records and the description', async () => {
    const path = join(temporaryFolder(), 'some', 'where');
    const folder = await openFolder(path);
    // Asked for at once, written one after the other.
    await Promise.all([folder.append(recordOf(1)), folder.append(recordOf(0))]);
    expect(await readResults(path)).toEqual({
      folder: path,
      description,
      records: [recordOf(1), recordOf(0)],
      failures: [],
    });
    await folder.close();
    const again = await openFolder(path);
    expect([...again.records]).toEqual([1, 0].map((seed) => [recordOf(seed).run.id, recordOf(seed)]));
  });

  it('drops a last line that was not finished', async () => {
    const path = temporaryFolder();
    const file = join(path, 'results.jsonl');
    const whole = recordLine(recordOf(0));
    const torn = recordLine(recordOf(1)).trimEnd();
    for (const part of [torn.slice(0, 1), torn.slice(0, 200), torn]) {
      writeFileSync(file, whole + part);
      expect(await readRecords(path)).toEqual([recordOf(0)]);
      const folder = await openFolder(path);
      expect(readFileSync(file, 'utf8')).toBe(whole);
      await folder.append(recordOf(1));
      expect(await readRecords(path)).toEqual([recordOf(0), recordOf(1)]);
      await folder.close();
    }
  });

  it("deletes what a killed process was about to put in a file's place", async () => {
    const path = temporaryFolder();
    await (await openFolder(path)).close();
    for (const name of ['suite.json.tmp-7', 'checkpoints/a.bin.tmp-7']) writeFileSync(join(path, name), 'half');
    await (await openFolder(path)).close();
    expect(readdirSync(path).sort()).toEqual(['checkpoints', 'results.jsonl', 'suite.json']);
    expect(readdirSync(join(path, 'checkpoints'))).toEqual([]);
  });

  it('has no run twice', async () => {
    const path = temporaryFolder();
    const folder = await openFolder(path);
    await folder.append(recordOf(0));
    await expect(folder.append(recordOf(0))).rejects.toThrow(`expected a new run, got ${recordOf(0).run.id} again`);
    appendFileSync(join(path, 'results.jsonl'), recordLine(recordOf(0)));
    await expect(readResults(path)).rejects.toThrow(`results.jsonl:2: the run ${recordOf(0).run.id} is there twice`);
  });

  it.each([
    ['{"run":', 'results.jsonl:1: expected JSON, got "{\\"run\\":"'],
    ['{"run":{}}', 'results.jsonl:1: expected a checksum, got none'],
    ['7', 'results.jsonl:1: expected object, got 7'],
    [JSON.stringify(seal({ run: {} })), 'results.jsonl:1: run.id: expected string, got nothing'],
    [JSON.stringify(seal({ ...recordOf(0), steps: 1.5 })), 'results.jsonl:1: steps: expected int, got 1.5'],
  ])('names the line that is no record: %s', async (line, message) => {
    const path = temporaryFolder();
    writeFileSync(join(path, 'suite.json'), descriptionText(description));
    writeFileSync(join(path, 'results.jsonl'), `${line}\n`);
    await expect(readResults(path)).rejects.toThrow(message);
    await expect(openFolder(path)).rejects.toThrow(message);
    // Left as it was, and free for others.
    expect(readFileSync(join(path, 'results.jsonl'), 'utf8')).toBe(`${line}\n`);
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  it('keeps the last checkpoint of a run until the run is finished', async () => {
    const path = temporaryFolder();
    const folder = await openFolder(path);
    const { id } = recordOf(0).run;
    expect(await folder.loadCheckpoint(id)).toBeUndefined();
    await folder.saveCheckpoint(id, checkpointWith(1));
    await folder.saveCheckpoint(id, checkpoint);
    expect(await folder.loadCheckpoint(id)).toEqual(checkpoint);
    expect(readdirSync(join(path, 'checkpoints'))).toHaveLength(1);
    await folder.append(recordOf(0));
    expect(readdirSync(join(path, 'checkpoints'))).toEqual([]);
  });

  it('keeps checkpoints as files that are read in pieces, and by others', async () => {
    const path = temporaryFolder();
    const folder = await openFolder(path);
    const large = checkpointWith(5 * 2 ** 20);
    await folder.saveCheckpoint('a/b', large);
    const read = await folder.loadCheckpoint('a/b');
    expect(Buffer.compare(read ?? Buffer.of(), large)).toBe(0);
    const { state } = await loadCheckpoint(join(path, 'checkpoints', 'a_b.bin'));
    expect((state.array as Float64Array).length).toBe(5 * 2 ** 20);
  });

  it('deletes the checkpoint of a run after whose end the process was killed', async () => {
    const path = temporaryFolder();
    const killed = await openFolder(path);
    await killed.saveCheckpoint(recordOf(0).run.id, checkpoint);
    await killed.saveCheckpoint(recordOf(1).run.id, checkpoint);
    await killed.close();
    appendFileSync(join(path, 'results.jsonl'), recordLine(recordOf(0)));
    const folder = await openFolder(path);
    expect(await folder.loadCheckpoint(recordOf(0).run.id)).toBeUndefined();
    expect(await folder.loadCheckpoint(recordOf(1).run.id)).toEqual(checkpoint);
  });

  it('names a checkpoint that cannot be read', async () => {
    const path = temporaryFolder();
    const folder = await openFolder(path);
    await folder.saveCheckpoint('a/b', checkpoint);
    const damaged = checkpoint.slice();
    damaged[damaged.length - 1] ^= 1;
    for (const content of ['x', '', checkpoint.subarray(0, 99), damaged]) {
      writeFileSync(join(path, 'checkpoints', 'a_b.bin'), content);
      await expect(folder.loadCheckpoint('a/b')).rejects.toThrow(
        'a_b.bin is corrupt; delete it to begin this run anew',
      );
    }
  });

  it('begins anew when told to, and says what it deletes', async () => {
    const path = temporaryFolder();
    const lines: string[] = [];
    const first = await openFolder(path, true, (line) => lines.push(line));
    await first.append(recordOf(0));
    await first.append(recordOf(1));
    await first.saveCheckpoint('a', checkpoint);
    await first.close();
    const folder = await openFolder(path, true, (line) => lines.push(line));
    expect(lines).toEqual([`--fresh: deleting results.jsonl (2 lines), 1 checkpoint in ${path}`]);
    expect(folder.records.size).toBe(0);
    expect(await folder.loadCheckpoint('a')).toBeUndefined();
    expect(await readRecords(path)).toEqual([]);
  });

  it('refuses what is no results folder', async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, 'thesis.tex'), '');
    await expect(openFolder(path)).rejects.toThrow('expected a new folder or one with results, found thesis.tex');
    expect(readdirSync(path)).toEqual(['thesis.tex']);
    await expect(openFolder(join(path, 'thesis.tex'))).rejects.toThrow(/thesis\.tex: ENOTDIR: not a directory/);
    await expect(readResults(path)).rejects.toThrow('holds no results (suite.json is missing)');
    await expect(readResults(join(path, 'not', 'there'))).rejects.toThrow('holds no results');
  });

  it.each([false, true])('refuses the results of another suite (fresh: %s), and leaves them', async (fresh) => {
    const path = temporaryFolder();
    const folder = await openFolder(path);
    await folder.append(recordOf(0));
    await folder.close();
    const other = ResultsFolder.open(path, { ...description, name: 'another' }, fresh);
    await expect(other).rejects.toThrow(
      new UserError(`${path}: expected a new folder or one with results of another, found those of mine`),
    );
    expect(await readResults(path)).toMatchObject({ description, records: [recordOf(0)] });
    // Nor is it locked.
    await openFolder(path);
  });

  it.each(['suite.json', 'results.jsonl'])('says in one line that %s cannot be read', async (name) => {
    const path = temporaryFolder();
    writeFileSync(join(path, 'suite.json'), descriptionText(description));
    rmSync(join(path, name), { force: true });
    mkdirSync(join(path, name));
    await expect(readResults(path)).rejects.toThrow(
      new UserError(`${path}: EISDIR: illegal operation on a directory, read`),
    );
  });

  it('refuses an empty path', async () => {
    await expect(openFolder('')).rejects.toThrow(new UserError('expected a results folder, got an empty path'));
  });

  it("is one process's alone", async () => {
    const path = temporaryFolder();
    const folder = await openFolder(path);
    await expect(openFolder(path)).rejects.toThrow(`${path} is in use by process ${process.pid}`);
    await folder.close();
    await openFolder(path);
  });
});
