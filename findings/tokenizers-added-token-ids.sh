#!/usr/bin/env bash
# tokenizers 0.23.2 (Hugging Face's, in Rust): the id that `added_tokens` of a tokenizer.json gives a token is not obeyed where model.vocab lacks the token: it gets the
# number after the vocabulary's size, which another symbol may have; that symbol's number then decodes to the token. No error is raised. Fails if that changes.
# Installs the package into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit tokenizers@0.23.2
cat >run.cjs <<'JS'
const { Tokenizer } = require('tokenizers');
const json = {
  version: '1.0', truncation: null, padding: null, normalizer: null, post_processor: null,
  added_tokens: [{ id: 0, content: '<end>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
    fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab: { a: 1, b: 2 }, merges: [] },
};
(async () => {
  const tokenizer = Tokenizer.fromString(JSON.stringify(json));
  const end = (await tokenizer.encode('<end>', null, { addSpecialTokens: false })).getIds();
  const b = (await tokenizer.encode('b', null, { addSpecialTokens: false })).getIds();
  const decoded = await tokenizer.decode(Array.from(b), false);
  console.log(`id 0 is asked for; '<end>' is encoded as ${end}, 'b' as ${b}, which is decoded as '${decoded}'`);
  process.exitCode = end[0] === 2 && b[0] === 2 && decoded === '<end>' ? 0 : 1;
})();
JS
echo "tokenizers $(node -p 'require("./node_modules/tokenizers/package.json").version'), Node $(node --version)"
node run.cjs
