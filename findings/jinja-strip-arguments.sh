#!/usr/bin/env bash
# @huggingface/jinja 0.5.11: strip, lstrip and rstrip of texts pass over their argument, so that a chat template's `content.lstrip('\n')` takes the indentation of code as well, and
# `name.strip('x')` takes nothing. An attribute of something that is undefined is '' where Python's jinja2 raises, '1' == 1 holds, and -7 % 3 is -1 (Python: 2). No error is raised.
# Fails if that changes. Installs the package into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit @huggingface/jinja@0.5.11
cat >run.mjs <<'JS'
import { Template } from '@huggingface/jinja';
// What it renders; Python's jinja2 3.1 has '  code', 'a', an UndefinedError, 'False' and '2'.
const expected = {
  "{{ '\\n  code'.lstrip('\\n') }}": 'code',
  "{{ 'xxaxx'.strip('x') }}": 'xxaxx',
  '{{ missing.part }}': '',
  "{{ '1' == 1 }}": 'true',
  '{{ -7 % 3 }}': '-1',
};
let isSame = true;
for (const [template, text] of Object.entries(expected)) {
  const rendered = new Template(template).render({});
  console.log(`${template} is rendered as '${rendered}'`);
  isSame &&= rendered === text;
}
process.exitCode = isSame ? 0 : 1;
JS
echo "@huggingface/jinja $(node -p 'require("./node_modules/@huggingface/jinja/package.json").version'), Node $(node --version)"
node run.mjs
