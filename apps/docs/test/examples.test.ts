import { expect, test } from 'vitest';
import { commentExamplesOf, commentModule, examplesOf } from '../scripts/examples.ts';

const block = (info: string, code: string): string => `\`\`\`${info}\n${code}\n\`\`\`\n`;

test('blocks that go on belong to the program before them', () => {
  const text = `# Page\n\n${block('ts', 'const x = 1;')}\nthen\n\n${block('ts continued', 'console.log(x);')}`;
  expect(examplesOf({ path: 'guides/page.md', text })).toEqual([
    {
      name: 'guides-page-1',
      place: 'guides/page.md:3',
      blocks: ['const x = 1;\n', 'console.log(x);\n'],
      runs: true,
    },
  ]);
});

test('what is marked so is not run, and other languages are no programs', () => {
  const text = `${block('ts no-run', 'while (true);')}${block('sh', 'ls')}${block('tsx', '<p />')}`;
  expect(examplesOf({ path: 'a.md', text }).map(({ runs }) => runs)).toEqual([false]);
});

test('a mark that there is not is an error with its place, as is going on with nothing', () => {
  const text = `# Page\n\n${block('ts twoslash', '1;')}`;
  expect(() => examplesOf({ path: 'a.md', text })).toThrow('a.md:3: ```ts twoslash is no mark of an example');
  expect(() => examplesOf({ path: 'a.md', text: block('ts continued', '1;') })).toThrow(
    'a.md:1: there is no block before it',
  );
});

test('an example in a comment becomes a module that imports what packages export', () => {
  const text = `/**\n * Does this.\n *\n * \`\`\`ts\n * const x = make(env, 1);\n * \`\`\`\n */`;
  const [{ name, code }] = commentExamplesOf('core/a/b.ts', text);
  expect({ name, code }).toEqual({ name: 'comment-core-a-b-1', code: 'const x = make(env, 1);\n' });
  const page = (entry: string) => ({ entry, kind: 'Function', page: '' });
  const pages = { make: [page('envs'), page('core')], x: [page('envs')] };
  expect(commentModule(code, pages, 'core')).toBe(
    "import { make } from '@gradus/core';\ndeclare const env: any;\nconst x = make(env, 1);\nexport {};\n",
  );
});
