import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, ReflectionKind, type DeclarationReflection, type Router, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { docs, generated } from './folders.ts';

const packages = join(docs, '..', '..', 'packages');

/** The imports that the reference describes, and the files of sources behind them. */
export const entries: ReadonlyMap<string, string> = new Map(readdirSync(packages).sort().flatMap(entriesOf));

/** What can be imported of a package: `envs`, `envs/box2d`, … */
function entriesOf(name: string): [entry: string, source: string][] {
  const folder = join(packages, name);
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { '@gradus/source': string }>;
  };
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [[join(name, path), join(folder, target['@gradus/source'])]],
  );
}

const options: Partial<TypeDocOptions & PluginOptions> = {
  plugin: ['typedoc-plugin-markdown'],
  tsconfig: join(docs, 'tsconfig.reference.json'),
  entryPoints: [...entries.values()],
  sortEntryPoints: false,
  readme: 'none',
  skipErrorChecking: true, // `pnpm typecheck` does that
  disableSources: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  validation: { invalidLink: false, notExported: false },
  logLevel: 'Error',
  router: 'member',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  entryFileName: 'index',
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
};

/** Where each exported name is described: pages by name, and for each the package. */
export type ReferencePages = Record<string, { entry: string; kind: string; page: string }[]>;

/** Writes a page for every export of every package, the tables of options, and where each name is described. */
export async function writeReference(): Promise<ReferencePages> {
  const out = join(docs, 'reference');
  const app = await Application.bootstrapWithPlugins({ ...options, out });
  const project = await app.convert();
  if (project === undefined) throw new Error('typedoc: the sources could not be read');
  project.children?.forEach((module, i) => (module.name = [...entries.keys()][i]));
  // Where pages are is forgotten when they are written.
  let router: Router | undefined;
  app.renderer.postRenderAsyncJobs.push(() => Promise.resolve(void (router = app.renderer.router)));
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('typedoc: there were errors');
  if (router === undefined) throw new Error('typedoc: it did not say where pages are');
  for (const file of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.md')) mendPage(join(out, file));
  }
  const pages: ReferencePages = Object.create(null) as ReferencePages;
  for (const module of project.children ?? []) {
    for (const child of module.children ?? []) {
      // What a package hands on from another is described there.
      const described = child.isReference() ? child.getTargetReflectionDeep() : child;
      const page = `/reference/${router.getFullUrl(described)}`.replace(/\.md$/, '');
      (pages[child.name] ??= []).push({ entry: module.name, kind: ReflectionKind.singularString(child.kind), page });
      if (child.name.endsWith('Options')) writeOptions(module.name, child);
    }
  }
  writeFileSync(join(generated, 'names.json'), JSON.stringify(pages));
  writeFileSync(join(generated, 'entries.json'), JSON.stringify([...entries.keys()]));
  return pages;
}

/** A line that begins with a shape, `[rows]: …`, is a link to Markdown, and would vanish. */
function mendPage(file: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll(/^(\s*)\[([^\]\n]+)\]:/gm, String.raw`$1\[$2]:`));
}

/** A table of the options of an interface, its own and those that it inherits, for pages to include. */
function writeOptions(entry: string, { name, children = [] }: DeclarationReflection): void {
  const rows = children.map((option) => {
    const type = (option.type?.toString() ?? '').replaceAll('|', String.raw`\|`);
    // What is linked to is named as code, which becomes a link.
    const parts = option.comment?.summary ?? [];
    const text = parts.map((part) => (part.kind === 'inline-tag' ? `\`${part.text}\`` : part.text)).join('');
    return `| \`${option.name}\` | \`${type}\` | ${text.replaceAll(/\s+/g, ' ').replaceAll('|', String.raw`\|`)} |`;
  });
  const folder = join(generated, 'options', entry);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${name}.md`),
    // Blank lines around it, so that it is Markdown.
    [
      '<div class="options">',
      '',
      '| option | type | what it is |',
      '| --- | --- | --- |',
      ...rows,
      '',
      '</div>',
      '',
    ].join('\n'),
  );
}
