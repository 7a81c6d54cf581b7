import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { boundaries } from './boundaries.js';
import { noImportCircle } from './no-import-circle.js';

/** Lint rules of the whole repository; `rootDirectory` is the folder of the root tsconfig. */
export function gradusConfig(rootDirectory) {
  return defineConfig(
    globalIgnores([
      '**/dist/**',
      '**/coverage/**',
      '**/.turbo/**',
      '**/.vitepress/cache/**',
      'apps/docs/{generated,reference}/**',
      '**/*.d.ts',
      'packages/tensor/src/device/wasm-binary.ts',
    ]),
    // A rule that is wrong is changed here, for everybody, never switched off in a comment.
    { linterOptions: { noInlineConfig: true } },
    js.configs.recommended,
    { files: ['**/*.{js,mjs}'], languageOptions: { globals: globals.node } },
    {
      files: ['**/*.ts'],
      extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
      languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: rootDirectory } },
      plugins: { gradus: { rules: { 'no-import-circle': noImportCircle } } },
      rules: {
        'gradus/no-import-circle': 'error',
        '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
        '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
        // Indexing is typed as if it always hits (noUncheckedIndexedAccess is off for the sake of numeric loops), so a
        // check of what it returned looks unnecessary to this rule where it is not.
        '@typescript-eslint/no-unnecessary-condition': 'off',
        // The compiler allows no enums here, and classes with private members refuse what is no instance: these rules
        // could find nothing, and would take a fifth of the time.
        '@typescript-eslint/no-unsafe-enum-assignment': 'off',
        '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
        // planck's classes may still be called without `new`, and their types share the mark that this is deprecated.
        '@typescript-eslint/no-deprecated': [
          'error',
          { allow: [{ from: 'package', package: 'planck', name: ['RevoluteJoint', 'World'] }] },
        ],
        // isolatedDeclarations wants the types of fields, so they cannot move to the constructor's type arguments.
        '@typescript-eslint/consistent-generic-constructors': 'off',
        'no-restricted-exports': [
          'error',
          {
            restrictDefaultExports: {
              direct: true,
              named: true,
              defaultFrom: true,
              namedFrom: true,
              namespaceFrom: true,
            },
          },
        ],
      },
    },
    // Tools that read these files want a default export.
    {
      files: ['**/*.config.ts', '**/.vitepress/{config,theme/index}.ts', '**/*.data.ts'],
      rules: { 'no-restricted-exports': 'off' },
    },
    // Stories are compiled to functions, of numbers alone.
    {
      files: ['packages/envs/src/text/zmachine/generated.ts'],
      rules: { '@typescript-eslint/no-implied-eval': 'off' },
    },
    // A test that unwraps a value which is not there fails, as it should.
    { files: ['**/test/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
    boundaries,
    prettier,
  );
}
