import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { blockKey, examplesOf } from './examples.ts';
import { docs } from './folders.ts';
import { readPages } from './pages.ts';
import { entries, type ReferencePages } from './reference.ts';

/** Throws where the reference has no place for an exported name, a page includes what is not there, or hides a metric. */
export function check(pages: ReferencePages, outputs: Readonly<Record<string, string>>): void {
  const problems = [...missingNames(pages), ...missingIncludes(), ...hiddenMetrics(outputs)];
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Exported names, as the syntax of each entry says, that the reference does not have. */
function missingNames(pages: ReferencePages): string[] {
  return [...entries].flatMap(([entry, file]) =>
    exportedNames(file)
      .filter((name) => !pages[name]?.some((page) => page.entry === entry && existsSync(join(docs, `${page.page}.md`))))
      .map((name) => `reference: there is no place for ${name} of @gradus/${entry}`),
  );
}

/** The names that a file exports: what it declares, and what it hands on from others by name. */
export function exportedNames(file: string, text: string = readFileSync(file, 'utf8')): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023);
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) {
      if (statement.exportClause === undefined) throw new Error(`${file}: export * does not say which names it has`);
      if (ts.isNamespaceExport(statement.exportClause)) return [statement.exportClause.name.text];
      return statement.exportClause.elements.map(({ name }) => name.text);
    }
    const isExported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExport);
    if (isExported !== true) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => name.getText(source));
    }
    const { name } = statement as ts.DeclarationStatement;
    return name === undefined ? [] : [name.getText(source)];
  });
}

function isExport({ kind }: ts.Modifier): boolean {
  return kind === ts.SyntaxKind.ExportKeyword;
}

/** Includes of files that are not there: VitePress would leave them out without a word. */
function missingIncludes(): string[] {
  return readPages().flatMap(({ path, text }) =>
    [...text.matchAll(/<!--\s*@include:\s*(\S+?)\s*-->/g)]
      .map(([, target]) => join(dirname(join(docs, path)), target))
      .filter((target) => !existsSync(target))
      .map((target) => `${path}: includes ${target}, which is not there`),
  );
}

/** Metrics that the example of an algorithm prints, and its page does not describe. */
function hiddenMetrics(outputs: Readonly<Record<string, string>>): string[] {
  return readPages()
    .filter(({ path }) => path.startsWith('algorithms/'))
    .flatMap(({ path, text }) => {
      const printed = examplesOf({ path, text }).flatMap(({ blocks }) =>
        blocks.flatMap((code) => outputs[blockKey(path, code)]?.split('\n') ?? []),
      );
      const names = printed.flatMap((line) => (/^[a-z_/]+(, [a-z_/]+)+$/.test(line) ? line.split(', ') : []));
      return names
        .filter((name) => name.includes('/') && !text.includes(`\`${name}\``))
        .map((name) => `${path}: the metric ${name} is not described`);
    });
}
