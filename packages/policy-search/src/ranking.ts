/** Fills `order` with the indices of `utilities` from the largest to the smallest, equal ones in their own order. */
export function rankDescending(utilities: ArrayLike<number>, order: Int32Array): void {
  for (let k = 0; k < order.length; k++) order[k] = k;
  order.sort((a, b) => (utilities[a] === utilities[b] ? a - b : utilities[a] > utilities[b] ? -1 : 1));
}

/** Fills `best` with the indices of as many of the largest `utilities`: the first of `rankDescending`, in the same order, without sorting the rest. */
export function rankBest(utilities: ArrayLike<number>, best: Int32Array): void {
  for (let k = 0, count = 0; k < utilities.length; k++) {
    const utility = utilities[k];
    if (count < best.length) count++;
    else if (utility <= utilities[best[count - 1]]) continue;
    let at = count - 1;
    for (; at > 0 && utilities[best[at - 1]] < utility; at--) best[at] = best[at - 1];
    best[at] = k;
  }
}

/**
 * Centered ranks (Salimans et al., 2017): from −½ for the smallest utility to ½ for the largest in equal steps, equal utilities sharing the mean of
 * theirs, so that they decide nothing. `order` is scratch space; `ranks` is the result. One utility has the rank 0.
 */
export function centeredRanks(utilities: ArrayLike<number>, order: Int32Array, ranks: Float64Array): void {
  const count = order.length;
  rankDescending(utilities, order);
  for (let first = 0; first < count;) {
    let end = first + 1;
    while (end < count && utilities[order[end]] === utilities[order[first]]) end++;
    // Halves of whole numbers: exact, so that opposite ranks cancel.
    const rank = count === 1 ? 0 : (count - first - end) / 2 / (count - 1);
    for (let k = first; k < end; k++) ranks[order[k]] = rank;
    first = end;
  }
}

/**
 * Replaces −∞, the utility of infeasible candidates, by the smallest of the others: what methods that learn from differences of utilities, not from ranks,
 * make of it. One of `utilities`, at least, is finite.
 */
export function levelInfeasible(utilities: Float64Array): void {
  const worst = utilities.reduce((least, value) => (value > -Infinity ? Math.min(least, value) : least), Infinity);
  for (let k = 0; k < utilities.length; k++) utilities[k] = Math.max(utilities[k], worst);
}
