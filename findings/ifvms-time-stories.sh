#!/usr/bin/env bash
# ifvms 1.1.6: clears the bit of the header by which a story of version 5 or 8 says that its status line shows the time (Flags 1, bit 1), so that stories with Inform's `Statusline time`, whose
# library looks there when it draws the line, show score and moves instead. Frotz 2.54 leaves the bit as the story has it. Fails if that changes.
# Installs it, and unpacks Debian's frotz 2.54+dfsg-3 and inform6-compiler 6.41-1, into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ifvms@1.1.6
apt-get download frotz=2.54+dfsg-3 inform6-compiler=6.41-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >time.inf <<'INFORM'
Statusline time;
[ Main; print "bit: ", (0->1) & 2, "^"; @quit; ];
INFORM
for version in 5 8; do usr/bin/inform6 -v$version -w -~S time.inf >/dev/null; done
cat >play.cjs <<'JS'
const { ZVM } = require('ifvms');
const { readFileSync } = require('node:fs');
let text = '';
const known = { RefBox: class { set_value() {} get_value() { return 80; } }, RefStruct: class { push_field() {} get_field() { return 0; } }, glk_gestalt: () => 0, glk_window_open: () => ({}),
  glk_window_get_stream: (window) => window, glk_put_jstring: (more) => (text += more), glk_put_jstring_stream: (stream, more) => (text += more), fatal_error: (error) => { throw error; } };
const vm = new ZVM();
vm.prepare(new Uint8Array(readFileSync(process.argv[2])), { Glk: new Proxy(known, { get: (target, name) => target[name] ?? (() => undefined) }) });
vm.start();
console.log(text.trim());
JS
echo "ifvms $(node -p "require('./node_modules/ifvms/package.json').version"), $(usr/games/dfrotz -v | head -1)"
for version in 5 8; do
  other=$(node play.cjs time.z$version)
  frotz=$(usr/games/dfrotz -m -q time.z$version </dev/null | tr -s '[:space:]' ' ')
  echo "version $version: the file has $(od -An -tu1 -j1 -N1 time.z$version | tr -d ' ') there; ifvms tells the story '$other', dfrotz '$frotz'"
  [[ $other == 'bit: 0' && $frotz == *'bit: 2'* ]]
done
