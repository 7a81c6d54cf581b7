import type { Space } from '@gradus/core';
import { sizeOf, type Graph } from '@gradus/tensor';
import { UserError } from '../user-error.ts';
import { Expressions, type Numbers } from './expressions.ts';

/** What an exported policy is. */
export interface ExportedPolicy {
  /** How it acts on one observation, see `actGraph` of core. */
  readonly graph: Graph;
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  /** Said at the top of the file. */
  readonly title: string;
}

/** Characters of base64 in a line. */
const LINE = 120;

/**
 * A policy as an ES module that needs nothing else, with its weights inside: `import { act } from './policy.js'`.
 * @throws UserError for one that is no network of dense layers, or that remembers.
 */
export function policyModule({ graph, observationSpace, actionSpace, title }: ExportedPolicy): string {
  const remembered = graph.outputs.get('nextMemories');
  if (remembered !== undefined) {
    throw new UserError('--format js: expected a policy that remembers nothing; --format onnx writes those that do');
  }
  const expressions = new Expressions(graph, { observations: 'observation', actionMasks: 'actionMask' });
  const actions = graph.outputs.get('actions');
  if (actions === undefined) throw new UserError('--format js: expected a policy with actions');
  const size = sizeOf(actions.shape);
  const result = actionSpace.kind === 'discrete' ? expressions.element(actions, '0') : expressions.array(actions);
  const isNumber = observationSpace.kind === 'discrete';
  const masks = graph.inputs.get('actionMasks');
  const parameters = ['observation', ...(masks ? [`actionMask = new Array(${sizeOf(masks.shape)}).fill(1)`] : [])];
  const body = [
    ...(isNumber ? ['observation = [observation];'] : []),
    `if (observation?.length !== ${observationSpace.size}) throw new RangeError('act: expected ${observationSpace.toString()}');`,
    ...expressions.lines,
    `return ${result};`,
  ];
  const documentation = [
    'The best action for an observation.',
    `@param observation ${observationSpace.toString()}${isNumber ? '' : ', as an array of numbers'}`,
    ...(masks ? ['@param actionMask 1 for legal actions, else 0; by default all are'] : []),
    `@returns ${actionSpace.toString()}${actionSpace.kind === 'discrete' ? '' : `, as an array of ${size}`}`,
  ];
  return [
    `// ${title}`,
    weights(expressions.numbers),
    ...expressions.functions,
    `/**\n${documentation.map((line) => ` * ${line}\n`).join('')} */`,
    `export function act(${parameters.join(', ')}) {\n${body.map((line) => `  ${line}\n`).join('')}}`,
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

/** The numbers one after the other as bytes of float32, and the name of each part. */
function weights(numbers: readonly Numbers[]): string {
  const total = numbers.reduce((sum, { data }) => sum + data.length, 0);
  const bytes = new DataView(new ArrayBuffer(4 * total));
  let at = 0;
  const parts = numbers.map(({ name, data, comment }) => {
    data.forEach((value, i) => {
      bytes.setFloat32(4 * (at + i), value, true);
    });
    const begin = at;
    at += data.length;
    return `const ${name} = all.subarray(${begin}, ${at}); // ${comment}`;
  });
  const text = Buffer.from(bytes.buffer).toString('base64');
  const lines = Array.from({ length: Math.ceil(text.length / LINE) }, (_, i) => text.slice(i * LINE, (i + 1) * LINE));
  return [
    '// All numbers, one after the other: the bytes of float32, little-endian, in base64.',
    `const all = new Float32Array(Uint8Array.from(atob(\`\n${lines.join('\n')}\n\`), (character) => character.charCodeAt(0)).buffer);`,
    ...parts,
  ].join('\n');
}
