import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const sources = join(import.meta.dirname, '..', '..', 'src');
const inSources = (file: string): string => relative(sources, file).replaceAll('\\', '/');

/** What a file imports or exports from others, by values or types, also by `import(…)`. */
function specifiersOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, specifier]) => specifier,
  );
}

/** Every file that is reached from `entry`, and the packages that are named on the way. */
function reachedFrom(entry: string): { readonly files: string[]; readonly packages: string[] } {
  const files = new Set([join(sources, entry)]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const specifier of specifiersOf(file)) {
      if (!specifier.startsWith('.')) {
        packages.add(specifier);
        continue;
      }
      const target = resolve(dirname(file), specifier);
      if (!existsSync(target)) throw new Error(`${inSources(file)} imports ${specifier}, which is not there`);
      files.add(target);
    }
  }
  return { files: [...files].map(inSources), packages: [...packages] };
}

test.each(['index.ts', 'node/index.ts'])('nothing that %s has knows of the gold judge', (entry) => {
  const { files, packages } = reachedFrom(entry);
  expect(files.length).toBeGreaterThan(entry === 'index.ts' ? 30 : 2);
  expect(files.filter((file) => file.startsWith('miniature/'))).toEqual([]);
  expect(packages.filter((name) => name.startsWith('@gradus/llm-rlhf'))).toEqual([]);
});

test('what makes labels and what evaluates alone know it', () => {
  expect(reachedFrom('miniature/index.ts').files).toContain('miniature/judge.ts');
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const importing = files.filter((file) =>
    specifiersOf(join(sources, file)).some(
      (specifier) => inSources(resolve(sources, dirname(file), specifier)) === 'miniature/judge.ts',
    ),
  );
  expect(importing.map((file) => file.replaceAll('\\', '/')).sort()).toEqual([
    'miniature/index.ts',
    'miniature/preferences.ts',
    'miniature/win-rate.ts',
  ]);
});
