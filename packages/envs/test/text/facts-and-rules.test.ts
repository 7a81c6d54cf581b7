import { expect, test } from 'vitest';
import { Facts, fact, factText, unify } from '../../src/text/worlds/facts.ts';
import { carryOut, possibleActions, rule } from '../../src/text/worlds/rules.ts';

test('facts are read and written', () => {
  expect(fact('at(player, old kitchen)')).toEqual(['at', 'player', 'old kitchen']);
  expect(fact('lost()')).toEqual(['lost']);
  expect(factText(['at', 'player', 'old kitchen'])).toBe('at(player, old kitchen)');
  expect(() => fact('at player')).toThrow(/expected text such as 'at\(player, kitchen\)', got "at player"/);
});

test('a pattern is unified with a fact, under what its variables stand for', () => {
  expect(unify(fact('exit(?a, ?way, ?b)'), fact('exit(hall, east, attic)'), { '?a': 'hall' })).toEqual({
    '?a': 'hall',
    '?way': 'east',
    '?b': 'attic',
  });
  expect(unify(fact('exit(?a, ?way, ?b)'), fact('exit(hall, east, attic)'), { '?a': 'attic' })).toBeUndefined();
  expect(unify(fact('same(?a, ?a)'), fact('same(x, y)'), {})).toBeUndefined();
  expect(unify(fact('same(?a, ?a)'), fact('same(x, x)'), {})).toEqual({ '?a': 'x' });
  expect(unify(fact('same(?a)'), fact('same(x, x)'), {})).toBeUndefined();
});

test('sets of facts are found by predicate and first term, over others, and copied', () => {
  const facts = new Facts(
    [fact('at(player, hall)')],
    new Facts([fact('exit(hall, east, attic)'), fact('exit(attic, west, hall)')]),
  );
  expect([...facts.of('exit')]).toHaveLength(2);
  expect([...facts.of('exit', 'attic')]).toEqual([['exit', 'attic', 'west', 'hall']]);
  const copy = facts.copy();
  copy.delete(fact('at(player, hall)'));
  copy.add(fact('at(player, attic)'));
  expect([facts.has(fact('at(player, hall)')), copy.has(fact('at(player, hall)'))]).toEqual([true, false]);
  expect(copy.has(fact('exit(hall, east, attic)'))).toBe(true);
  // Only what may change.
  expect(copy.texts()).toEqual(['at(player, attic)']);
});

test('actions are what rules allow, each command once, in alphabetical order', () => {
  const pour = rule({
    command: 'pour ?from into ?to',
    preconditions: ['full(?from)', 'empty(?to)'],
    deletes: ['full(?from)', 'empty(?to)'],
    adds: ['full(?to)', 'empty(?from)'],
    answer: 'You fill the ?to.',
  });
  const shout = rule({ command: 'shout', preconditions: [], adds: ['loud()'], answer: 'Hey!' });
  const facts = new Facts(['full(jug)', 'empty(pan)', 'empty(cup)'].map(fact));
  const actions = possibleActions([shout, pour, shout], facts);
  expect(actions.map(({ command }) => command)).toEqual(['pour jug into cup', 'pour jug into pan', 'shout']);
  expect(actions[0].answer).toBe('You fill the cup.');
  carryOut(actions[0], facts);
  expect(facts.texts()).toEqual(['empty(jug)', 'empty(pan)', 'full(cup)']);
});

test('a rule with a variable that nothing binds is refused', () => {
  const free = { command: 'go ?way', preconditions: ['at(?here)'], adds: ['at(?there)'], answer: '' };
  expect(() => rule(free)).toThrow("rule 'go ?way': expected a precondition to have ?there, got none");
});
