/**
 * The arrows of ARCHITECTURE.md: what the sources of a folder may import, and what its tests and benchmarks may besides.
 * A folder that is not listed may import no package of this repository.
 */
const arrows = {
  'packages/tensor': { imports: [] },
  'packages/tfjs': { imports: ['tensor'] },
  'packages/onnx': {
    imports: ['core', 'tensor'],
    testImports: ['actor-critic', 'envs', 'llm-rlhf', 'policy-gradient', 'policy-search', 'value-based'],
  },
  'packages/core': { imports: ['tensor'], testImports: ['core/node'] },
  'packages/envs': {
    imports: ['core'],
    testImports: ['envs/backgammon', 'envs/backgammon/node', 'envs/box2d', 'envs/mujoco', 'envs/node', 'envs/text'],
  },
  'packages/value-based': {
    imports: ['core', 'tensor'],
    testImports: ['core/node', 'envs', 'envs/backgammon', 'envs/box2d', 'envs/text'],
  },
  'packages/policy-gradient': {
    imports: ['core', 'tensor'],
    testImports: ['core/node', 'envs', 'envs/box2d', 'envs/mujoco'],
  },
  'packages/actor-critic': {
    imports: ['core', 'tensor'],
    testImports: ['core/node', 'envs', 'envs/box2d', 'envs/mujoco'],
  },
  'packages/llm-rlhf': {
    imports: ['core', 'tensor'],
    testImports: ['core/node', 'llm-rlhf/miniature', 'llm-rlhf/node'],
  },
  'packages/policy-search': { imports: ['core', 'tensor'], testImports: ['core/node', 'envs', 'policy-search/node'] },
  'packages/stable-baselines3': {
    imports: ['core', 'tensor', 'value-based', 'policy-gradient', 'actor-critic', 'policy-search'],
    testImports: ['envs', 'envs/box2d'],
  },
  'apps/benchmark': {
    testImports: ['llm-rlhf/miniature'],
    imports: [
      'tensor',
      'tfjs',
      'onnx',
      'core',
      'core/node',
      'envs',
      'envs/backgammon',
      'envs/backgammon/node',
      'envs/box2d',
      'envs/mujoco',
      'envs/node',
      'envs/text',
      'llm-rlhf',
      'llm-rlhf/node',
      'value-based',
      'policy-gradient',
      'actor-critic',
      'policy-search',
      'policy-search/node',
      'stable-baselines3',
    ],
  },
};

/** What the documentation site shows, wherever in its folder. */
const documented = [
  'tensor',
  'core',
  'core/node',
  'envs',
  'envs/backgammon',
  'envs/box2d',
  'envs/mujoco',
  'envs/node',
  'envs/text',
  'value-based',
  'policy-gradient',
  'actor-critic',
  'policy-search',
  'policy-search/node',
  'llm-rlhf',
  'llm-rlhf/miniature',
  'llm-rlhf/node',
];

/** Folders with what only Node can run. */
const nodeFolders = [
  'packages/core/src/node',
  'packages/envs/src/backgammon/node',
  'packages/llm-rlhf/src/node',
  'packages/policy-search/src/node',
];

const folders = Object.keys(arrows).map((folder) => folder.split('/')[1]);

const noPath = {
  regex: `\\.\\./(?:${folders.join('|')})/(?:src|dist|test|bench)(?:/|$)`,
  message: 'Import another package by its name, not by a path.',
};

const noNode = {
  regex: '^node:',
  message: 'Packages run in browsers too; what needs Node belongs in a folder src/node or in an app.',
};

/** Where the gold judge is: the truth, of which what is trained may learn nothing but labels. */
const miniature = 'packages/llm-rlhf/src/miniature';

const noMiniature = {
  regex: '^\\.\\.?/(?:.*/)?miniature/',
  message: 'The miniature has the gold judge, which nothing that is trained may know.',
};

const noJudge = {
  regex: '/judge\\.ts$',
  message: 'Only what makes labels and what evaluates may know the gold judge.',
};

/** Forbids, in `folder`, every import of a package of this repository but `allowed`, and whatever `others` forbid. */
function restrictImports(files, folder, allowed, others) {
  const names = allowed.map((name) => `@gradus/${name}`).join(', ') || 'no other package of this repository';
  const noOther = {
    regex: `^@gradus/(?!(?:${allowed.join('|') || '-'})$)`,
    message: `${folder} may import ${names} (see ARCHITECTURE.md).`,
  };
  return { files, rules: { 'no-restricted-imports': ['error', { patterns: [noOther, noPath, ...others] }] } };
}

/** The rules of one folder: for its sources, and for its tests and benchmarks, which may import their own package by name. */
function boundary([folder, { imports, testImports = [] }]) {
  const own = folder.split('/')[1];
  const neutral = folder.startsWith('packages/') ? [noNode] : [];
  return [
    restrictImports([`${folder}/src/**/*.ts`], folder, imports, [...neutral, noMiniature]),
    restrictImports([`${folder}/{test,bench}/**/*.ts`], folder, [own, 'bad-calls', ...imports, ...testImports], []),
  ];
}

/** Who may import whom, and where what only Node has may be used. */
export const boundaries = [
  restrictImports(['packages/**/*.ts', 'apps/**/*.ts'], 'An unlisted folder', [], []),
  ...Object.entries(arrows).flatMap(boundary),
  restrictImports(['apps/docs/**/*.ts'], 'apps/docs', documented, []),
  ...nodeFolders.map((folder) =>
    restrictImports([`${folder}/**/*.ts`], folder, arrows[folder.split('/src/')[0]].imports, [noMiniature]),
  ),
  restrictImports([`${miniature}/**/*.ts`], miniature, arrows['packages/llm-rlhf'].imports, [noNode, noJudge]),
  restrictImports(
    ['preferences', 'win-rate', 'index'].map((name) => `${miniature}/${name}.ts`),
    miniature,
    arrows['packages/llm-rlhf'].imports,
    [noNode],
  ),
  restrictImports(
    [
      'commands/rlhf-table.ts',
      'experiments/over-optimization.ts',
      'experiments/summaries-fine-tuning.ts',
      'experiments/summaries-settings.ts',
      'experiments/summaries-table.ts',
      'experiments/weak-reward-model.ts',
      'rlhf/lecture.ts',
      'rlhf/miniature-curve.ts',
    ].map((name) => `apps/benchmark/src/${name}`),
    'The comparison of methods',
    [...arrows['apps/benchmark'].imports, 'llm-rlhf/miniature'],
    [],
  ),
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: nodeFolders.map((folder) => `${folder}/**`),
    rules: { 'no-restricted-globals': ['error', 'process', 'Buffer'] },
  },
];
