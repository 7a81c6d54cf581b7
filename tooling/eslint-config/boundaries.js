/**
 * The arrows of ARCHITECTURE.md: what the sources of a folder may import, and what its tests and benchmarks may besides.
 * A folder that is not listed may import no package of this repository.
 */
const arrows = {
  'packages/tensor': { imports: [] },
  'packages/tfjs': { imports: ['tensor'] },
  'packages/core': { imports: ['tensor'] },
  'packages/envs': { imports: ['core'] },
  'packages/value-based': { imports: ['core', 'tensor'], testImports: ['envs'] },
  'packages/policy-gradient': { imports: ['core', 'tensor'], testImports: ['envs'] },
  'apps/benchmark': { imports: ['tensor', 'tfjs', 'core', 'envs', 'value-based', 'policy-gradient'] },
};

const folders = Object.keys(arrows).map((folder) => folder.split('/')[1]);

/** Forbids every import of a package of this repository but `allowed`, and every path into another package. */
function restrictImports(files, folder, allowed) {
  const names = allowed.map((name) => `@gradus/${name}`).join(', ') || 'no other package of this repository';
  return {
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^@gradus/(?!(?:${allowed.join('|') || '-'})$)`,
              message: `${folder} may import ${names}, each by its bare name (see ARCHITECTURE.md).`,
            },
            {
              regex: `\\.\\./(?:${folders.join('|')})/(?:src|dist|test|bench)(?:/|$)`,
              message: 'Import another package by its name, not by a path.',
            },
          ],
        },
      ],
    },
  };
}

/** One pair of rules per folder: for its sources, and for its tests and benchmarks (which may import their own package by name). */
export const boundaries = [
  restrictImports(['packages/**/*.ts', 'apps/**/*.ts'], 'An unlisted folder', []),
  ...Object.entries(arrows).flatMap(([folder, { imports, testImports = [] }]) => [
    restrictImports([`${folder}/**/*.ts`], folder, imports),
    restrictImports([`${folder}/{test,bench}/**/*.ts`], `${folder}/{test,bench}`, [
      folder.split('/')[1],
      ...imports,
      ...testImports,
    ]),
  ]),
];
