import { rule, type Rule } from './rules.ts';

/** Walks where a way is free. */
export const go: Rule = rule({
  command: 'go ?direction',
  preconditions: ['at(player, ?here)', 'exit(?here, ?direction, ?there)'],
  deletes: ['at(player, ?here)'],
  adds: ['at(player, ?there)'],
  answer: 'You go ?direction.',
});

/** Walks through a door that is open. */
export const goThrough: Rule = rule({
  command: 'go ?direction',
  preconditions: ['at(player, ?here)', 'doorway(?here, ?direction, ?there, ?door)', 'open(?door)'],
  deletes: ['at(player, ?here)'],
  adds: ['at(player, ?there)'],
  answer: 'You go ?direction through the ?door.',
});

/** Opens a door that is closed, from either side. */
export const openDoor: Rule = rule({
  command: 'open ?door',
  preconditions: ['at(player, ?here)', 'doorway(?here, ?direction, ?there, ?door)', 'closed(?door)'],
  deletes: ['closed(?door)'],
  adds: ['open(?door)'],
  answer: 'You open the ?door.',
});

/** Unlocks a door with the key that fits. It is closed then. */
export const unlockDoor: Rule = rule({
  command: 'unlock ?door with ?key',
  preconditions: [
    'at(player, ?here)',
    'doorway(?here, ?direction, ?there, ?door)',
    'locked(?door)',
    'fits(?key, ?door)',
    'carried(?key)',
  ],
  deletes: ['locked(?door)'],
  adds: ['closed(?door)'],
  answer: 'You unlock the ?door with the ?key.',
});

/** Opens a container that is closed. */
export const openContainer: Rule = rule({
  command: 'open ?container',
  preconditions: ['at(player, ?here)', 'closed(?container)', 'stands(?container, ?here)'],
  deletes: ['closed(?container)'],
  adds: ['open(?container)'],
  answer: 'You open the ?container.',
});

/** Takes what lies around. */
export const take: Rule = rule({
  command: 'take ?thing',
  preconditions: ['at(player, ?here)', 'at(?thing, ?here)', 'portable(?thing)'],
  deletes: ['at(?thing, ?here)'],
  adds: ['carried(?thing)', 'found(?thing)'],
  answer: 'You take the ?thing.',
});

/** Takes what is in an open container. */
export const takeOut: Rule = rule({
  command: 'take ?thing from ?container',
  preconditions: [
    'at(player, ?here)',
    'stands(?container, ?here)',
    'open(?container)',
    'in(?thing, ?container)',
    'portable(?thing)',
  ],
  deletes: ['in(?thing, ?container)'],
  adds: ['carried(?thing)', 'found(?thing)'],
  answer: 'You take the ?thing from the ?container.',
});
