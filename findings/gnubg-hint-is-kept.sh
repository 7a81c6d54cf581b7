#!/usr/bin/env bash
# GNU Backgammon 1.07.001 (Debian gnubg 1.07.001-1): `hint` asked again for the same dice after the evaluation was changed prints the plays as they were evaluated before, though gnubg has
# confirmed that hints will be cubeless; dice that are set anew are evaluated anew. Fails if that changes. Needs gnubg at /usr/games (apt install gnubg).
set -euo pipefail
gnubg=${GNUBG:-/usr/games/gnubg}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder
"$gnubg" --version | head -1
printf '%s\n' 'set automatic game off' 'set automatic roll off' 'set player 0 human' 'set player 1 human' 'set display off' 'new match 0' \
  'set board 4HPwATDgc/ABMA' 'set turn 0' 'set dice 3 1' hint 'set evaluation chequerplay evaluation cubeful off' hint 'set dice 6 2' hint exit y |
  "$gnubg" -t -q 2>/dev/null | grep -E 'will use cubeless|^ *1\. ' | tee "$folder/printed"
mapfile -t lines <"$folder/printed"
[[ ${#lines[@]} == 4 && ${lines[0]} == *Cubeful* && ${lines[1]} == *cubeless* && ${lines[2]} == "${lines[0]}" && ${lines[3]} == *Cubeless* ]]
