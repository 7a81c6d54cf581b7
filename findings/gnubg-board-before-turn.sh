#!/usr/bin/env bash
# GNU Backgammon 1.07.001 (Debian gnubg 1.07.001-1): `set board` takes a position ID as the player sees it whose turn it is, `new session` draws who that is, and `set turn` afterwards leaves the board as
# it lies. So the same script shows one of two positions, by the seed of the dice; where `set turn` comes first it is the one that was set under every seed. Fails if that changes.
# Needs gnubg at /usr/games (apt install gnubg).
set -euo pipefail
gnubg=${GNUBG:-/usr/games/gnubg}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder
position=fwQMCGbn/gwAAA

# The positions that are seen under eight seeds after these two commands.
positions() {
  for seed in 1 2 3 4 5 6 7 8; do
    printf '%s\n' 'set automatic game off' 'set automatic roll off' 'set player 0 human' 'set player 1 human' 'set display off' "set seed $seed" 'new session' \
      "$1" "$2" 'set display on' 'show board' quit y |
      "$gnubg" -t -q --no-rc 2>/dev/null | grep -a 'Position ID' | tail -1 | sed 's/.*: //'
  done | sort | uniq -c
}

"$gnubg" --version | head -1
echo 'board, then turn:'
positions "set board $position" 'set turn 1' | tee "$folder/board-first"
echo 'turn, then board:'
positions 'set turn 1' "set board $position" | tee "$folder/turn-first"
[[ $(wc -l <"$folder/board-first") == 2 && $(wc -l <"$folder/turn-first") == 1 ]]
grep -q "8 $position" "$folder/turn-first"
