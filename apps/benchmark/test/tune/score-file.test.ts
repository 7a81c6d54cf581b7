import { appendFileSync, existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seal } from '../../src/files/seal.ts';
import { ScoreFile } from '../../src/tune/score-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function lineOf(score: object): string {
  return `${JSON.stringify(seal(score))}\n`;
}

describe('ScoreFile', () => {
  it('keeps whole lines and drops one that was torn, wherever it was', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'scores.jsonl');
    const first = await ScoreFile.open(folder);
    await Promise.all([
      first.add({ run: 'ä/1', steps: 10, score: -1.5 }),
      first.add({ run: 'ä/1', steps: 30, score: null, error: 'broke' }),
    ]);
    await first.close();
    const whole = readFileSync(path, 'utf8');
    expect(whole).toBe(
      lineOf({ run: 'ä/1', steps: 10, score: -1.5 }) + lineOf({ run: 'ä/1', steps: 30, score: null, error: 'broke' }),
    );
    const line = lineOf({ run: 'b', steps: 10, score: 2 }).trimEnd();
    for (let length = 1; length <= line.length; length++) {
      appendFileSync(path, line.slice(0, length));
      const again = await ScoreFile.open(folder);
      expect(again.get('ä/1', 10)).toEqual({ run: 'ä/1', steps: 10, score: -1.5 });
      expect(again.get('ä/1', 30)?.error).toBe('broke');
      expect(again.get('b', 10)).toBeUndefined();
      await again.close();
      expect(readFileSync(path, 'utf8')).toBe(whole);
    }
    const last = await ScoreFile.open(folder);
    await last.add({ run: 'b', steps: 10, score: 2 });
    await last.close();
    expect(readFileSync(path, 'utf8')).toBe(`${whole}${line}\n`);
  });

  it('begins anew where that is asked for', async () => {
    const folder = temporaryFolder();
    const first = await ScoreFile.open(folder);
    await first.add({ run: 'a', steps: 10, score: 1 });
    await first.close();
    const again = await ScoreFile.open(folder, true);
    expect(again.get('a', 10)).toBeUndefined();
    await again.add({ run: 'a', steps: 10, score: 2 });
    await again.close();
    expect(readFileSync(join(folder, 'scores.jsonl'), 'utf8')).toBe(lineOf({ run: 'a', steps: 10, score: 2 }));
  });

  it('says which line is wrong', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'scores.jsonl');
    const right = lineOf({ run: 'a', steps: 10, score: 1 });
    writeFileSync(path, right + lineOf({ run: 'a' }));
    await expect(ScoreFile.open(folder)).rejects.toThrow(/scores\.jsonl:2: steps: expected number, got nothing/);
    writeFileSync(path, right + right.replace('"score":1', '"score":9'));
    await expect(ScoreFile.open(folder)).rejects.toThrow(/scores\.jsonl:2: the checksum is wrong/);
    expect(openFiles()).not.toContain(path);
  });
});

/** What this process has open, where the system shows it as Linux does. */
function openFiles(): string[] {
  const folder = '/proc/self/fd';
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      // That of listing them.
      return [];
    }
  });
}
