import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import ts from 'typescript';

/** The files of its own package that each file imports, or has the types of. Every file is read once. */
const importsByFile = new Map();

function importsOf(file) {
  let imports = importsByFile.get(file);
  if (imports === undefined) {
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
    imports = importedFiles.map(({ fileName }) => targetOf(file, fileName)).filter((target) => target !== undefined);
    importsByFile.set(file, imports);
  }
  return imports;
}

/** The file that a relative import names; undefined for other imports, and for what is not there. */
function targetOf(file, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const target = resolve(dirname(file), specifier);
  return target.endsWith('.ts') && existsSync(target) ? target : undefined;
}

/** The shortest way from one file to another along imports, both included; undefined when there is none. */
function wayFrom(start, end) {
  const cameFrom = new Map([[start, undefined]]);
  for (const file of cameFrom.keys()) {
    if (file === end) {
      const way = [];
      for (let at = end; at !== undefined; at = cameFrom.get(at)) way.unshift(at);
      return way;
    }
    for (const next of importsOf(file)) {
      if (!cameFrom.has(next)) cameFrom.set(next, file);
    }
  }
  return undefined;
}

/**
 * No file may need itself, by values or by types: then a package can be read from the bottom up, and nothing depends on which file is
 * loaded first. (The rules that libraries have for this leave out types.)
 */
export const noImportCircle = {
  meta: { type: 'problem', schema: [], messages: { circle: 'Imports run in a circle: {{ way }}.' } },
  create(context) {
    const file = context.filename;
    function check(node, source) {
      if (typeof source?.value !== 'string') return;
      const target = targetOf(file, source.value);
      const way = target && wayFrom(target, file);
      if (way === undefined) return;
      const names = [file, ...way].map((each) => relative(context.cwd, each).replaceAll('\\', '/'));
      context.report({ node, messageId: 'circle', data: { way: names.join(' → ') } });
    }
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
    };
  },
};
