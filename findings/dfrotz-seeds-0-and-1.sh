#!/usr/bin/env bash
# Frotz 2.54 (Debian frotz 2.54+dfsg-3): the random numbers of `dfrotz -s 1` are those of `dfrotz -s 0` without the first one, so that results of these two seeds are not independent.
# Fails if that changes. Unpacks it and Debian's inform6-compiler 6.41-1 into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download frotz=2.54+dfsg-3 inform6-compiler=6.41-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >numbers.inf <<'INFORM'
[ Main i; for (i = 0 : i < 12 : i++) print random(30000), " "; new_line; @quit; ];
INFORM
usr/bin/inform6 -v5 -w -~S numbers.inf >/dev/null
usr/games/dfrotz -v | head -1
read -ra zero < <(usr/games/dfrotz -m -q -s 0 numbers.z5 </dev/null | grep '[0-9]')
read -ra one < <(usr/games/dfrotz -m -q -s 1 numbers.z5 </dev/null | grep '[0-9]')
echo "seed 0: ${zero[*]}"
echo "seed 1: ${one[*]}"
[[ ${#zero[@]} == 12 && "${zero[*]:1}" == "${one[*]:0:11}" ]]
