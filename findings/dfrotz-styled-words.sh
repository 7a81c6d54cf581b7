#!/usr/bin/env bash
# Frotz 2.54 (Debian frotz 2.54+dfsg-3), dfrotz, whose output goes to a pipe: words that a story prints bold or underlined are missing from it, without a mark or a message, and so are most
# names of rooms. `-p`, for plain ASCII, does not bring them back. Who compares transcripts gets them from the story's own (the command `script`). Fails if that changes.
# Unpacks it and Debian's inform6-compiler 6.41-1 into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download frotz=2.54+dfsg-3 inform6-compiler=6.41-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >styled.inf <<'INFORM'
[ Main; style bold; print "Cellar"; style roman; print ": it is "; style underline; print "cold"; style roman; print " here.^"; @quit; ];
INFORM
usr/bin/inform6 -v5 -w -~S styled.inf >/dev/null
usr/games/dfrotz -v | head -1
for options in '' '-p'; do
  printed=$(usr/games/dfrotz -m -q $options styled.z5 </dev/null | tr -s '[:space:]' ' ')
  echo "'Cellar: it is cold here.', with Cellar bold and cold underlined, is printed as '$printed' with options '-m -q $options'"
  [[ $printed == *': it is here.'* && $printed != *Cellar* && $printed != *cold* ]]
done
