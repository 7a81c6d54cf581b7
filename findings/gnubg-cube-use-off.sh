#!/usr/bin/env bash
# GNU Backgammon 1.07.001 (Debian gnubg 1.07.001-1): `set cube use off` leaves the equities of `hint` cubeful. For 3 1 at the beginning they say +0.200, where what the probabilities of the same
# line add up to is +0.160, and what it says after `set evaluation chequerplay evaluation cubeful off` is +0.159. Fails if that changes. Needs gnubg at /usr/games (apt install gnubg).
set -euo pipefail
gnubg=${GNUBG:-/usr/games/gnubg}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder
"$gnubg" --version | head -1
# The equity of the best play, with more commands before.
hint() {
  printf '%s\n' 'set automatic game off' 'set automatic roll off' 'set player 0 human' 'set player 1 human' 'set display off' 'new match 0' \
    'set board 4HPwATDgc/ABMA' 'set turn 0' 'set dice 3 1' "$@" hint exit y |
    "$gnubg" -t -q 2>/dev/null | grep --after-context=1 '^ *1\. '
}
off=$(hint 'set cube use off')
cubeless=$(hint 'set evaluation chequerplay evaluation cubeful off')
equity() { grep --only-matching 'Eq\.: *[-+0-9.]*' <<<"$1" | grep --only-matching '[-+0-9.]*$'; }
sum=$(sed -n 2p <<<"$off" | awk '{ printf "%+.3f", $1 + $2 + $3 - $5 - $6 - $7 }')
echo "cube use off: equity $(equity "$off"), of probabilities that add up to $sum; evaluation not cubeful: $(equity "$cubeless")"
[[ $off == *Cubeful* && $(equity "$off") == +0.200 && $sum == +0.160 && $(equity "$cubeless") == +0.159 ]]
