import type { Facts } from './facts.ts';

/** What a player sees around. */
export function describeRoom(facts: Facts): string {
  const here = playerRoom(facts);
  const sentences = [`You are in ${withArticle(here)}.`];
  for (const [, container, room] of facts.of('stands')) {
    if (room === here) sentences.push(describeContainer(facts, container));
  }
  const lying = [...facts.of('at')].filter(([, thing, room]) => room === here && thing !== 'player');
  if (lying.length > 0) sentences.push(`You see ${list(lying.map(([, thing]) => nameOf(facts, thing)))}.`);
  for (const [, , direction, , door] of facts.of('doorway', here)) {
    sentences.push(`${capitalized(withArticle(`${conditionOf(facts, door)} ${door}`))} leads ${direction}.`);
  }
  const exits = [...facts.of('exit', here)].map(([, , direction]) => direction);
  if (exits.length > 0) sentences.push(`You can go ${list(exits, 'or')}.`);
  return sentences.join(' ');
}

/** What a player carries, the note first. */
export function describeInventory(facts: Facts, note: string): string {
  const things = [...facts.of('carried')].map(([, thing]) => nameOf(facts, thing));
  return `Your note says: ${note} You carry ${things.length > 0 ? list(things) : 'nothing else'}.`;
}

/** Where the player is. */
function playerRoom(facts: Facts): string {
  for (const [, , room] of facts.of('at', 'player')) return room;
  return 'nowhere';
}

function describeContainer(facts: Facts, container: string): string {
  const condition = conditionOf(facts, container);
  const inside = [...facts.of('in')].filter(([, , where]) => where === container);
  const sentence = `There is ${withArticle(`${condition} ${container}`.trim())} here`;
  if (condition !== 'open') return `${sentence}.`;
  const things = inside.map(([, thing]) => nameOf(facts, thing));
  return `${sentence}, ${things.length > 0 ? `with ${list(things)} in it` : 'empty'}.`;
}

/** Whether it is open, closed or locked; nothing where it cannot be. */
function conditionOf(facts: Facts, it: string): string {
  return ['open', 'closed', 'locked'].find((condition) => facts.has([condition, it])) ?? '';
}

/** With what is known of it, such as `a raw, uncut carrot`. */
function nameOf(facts: Facts, thing: string): string {
  const adjectives = [...facts.of('is', thing)].map(([, , adjective]) => adjective).sort();
  return withArticle(`${adjectives.join(', ')} ${thing}`.trim());
}

function withArticle(name: string): string {
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function list(names: readonly string[], conjunction = 'and'): string {
  const sorted = [...names].sort();
  const last = sorted.pop() ?? '';
  return sorted.length === 0 ? last : `${sorted.join(', ')} ${conjunction} ${last}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
