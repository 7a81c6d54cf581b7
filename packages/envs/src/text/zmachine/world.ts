import type { Machine } from './machine.ts';
import { SHOWS_TIME } from './story-file.ts';
import { readWord, signed } from './words.ts';

/** The first global variable. */
const FIRST_GLOBAL = 16;

/** The property in which Inform keeps the address of those that few objects have. */
const INDIVIDUAL = 3;

/** What can be seen of a story's world in its memory: objects, where the player is, and the score. */
export class World {
  readonly objectCount: number;
  /** Of the bytes that make a difference: parents, attributes and properties of all objects, and the place. */
  private readonly addresses: Int32Array;
  /** 1 at these addresses. */
  private readonly isOfWorld: Uint8Array;
  private readonly machine: Machine;
  private readonly locationVariable: number;

  /** `locationVariable`: where the place is kept; score and moves are behind it, in version 3 and in stories by Inform. */
  constructor(machine: Machine, locationVariable: number) {
    const { objects, memory, story } = machine;
    const { version, staticBase, isByInform } = story.file;
    this.machine = machine;
    this.locationVariable = locationVariable;
    this.objectCount = objects.count();
    const addresses: number[] = [];
    const add = (start: number, length: number): void => {
      for (let i = 0; i < length; i++) addresses.push(start + i);
    };
    // A list of numbers, each with a length and as many bytes.
    const addIndividual = (address: number): void => {
      while (address > 0 && address < staticBase && readWord(memory, address) > 0) {
        add(address + 3, memory[address + 2]);
        address += 3 + memory[address + 2];
      }
    };
    const linkBytes = version === 3 ? 1 : 2;
    for (let object = 1; object <= this.objectCount; object++) {
      // Siblings and children say nothing that parents do not.
      add(objects.entry(object), objects.attributeBytes + linkBytes);
      for (let property = objects.nextProperty(object, 0); property > 0;) {
        const address = objects.propertyAddress(object, property);
        add(address, objects.propertyLength(address));
        if (property === INDIVIDUAL && isByInform) addIndividual(readWord(memory, address));
        const next = objects.nextProperty(object, property);
        if (next >= property) break; // a damaged table
        property = next;
      }
    }
    add(machine.globalAddress(locationVariable), 2);
    this.addresses = Int32Array.from([...new Set(addresses)].filter((address) => address < staticBase));
    this.isOfWorld = new Uint8Array(staticBase);
    for (const address of this.addresses) this.isOfWorld[address] = 1;
  }

  /** The object that the player is in, as far as it can be known; 0 elsewhere. */
  get location(): number {
    const object = this.global(0);
    return object <= this.objectCount ? object : 0;
  }

  /** Undefined where the story keeps none that is known. */
  get score(): number | undefined {
    return this.showsScore ? signed(this.global(1)) : undefined;
  }

  get moves(): number | undefined {
    return this.showsScore ? this.global(2) : undefined;
  }

  name(object: number): string {
    const { objects, story, memory } = this.machine;
    return story.nameAt(memory, objects.name(object));
  }

  /** Addresses of the bytes of all global variables. */
  get globals(): number[] {
    const { staticBase } = this.machine.story.file;
    const start = this.machine.globalAddress(FIRST_GLOBAL);
    return Array.from({ length: 2 * 240 }, (_, i) => start + i).filter((address) => address < staticBase);
  }

  /** All that is in an object, and in what is in it, near things first. */
  within(object: number): number[] {
    const { objects } = this.machine;
    const found = new Set<number>([object]);
    for (const container of found) {
      for (let child = objects.child(container); child > 0 && !found.has(child); child = objects.sibling(child)) {
        found.add(child);
      }
    }
    found.delete(object);
    return [...found];
  }

  /** Addresses of bytes of the world that are others now than in `before`, a copy of the memory that stories may change. */
  changes(before: Uint8Array): number[] {
    const { isOfWorld, machine } = this;
    const { memory } = machine;
    const wholes = before.length >> 2;
    const were = new Int32Array(before.buffer, before.byteOffset, wholes);
    const are = new Int32Array(memory.buffer, memory.byteOffset, wholes);
    const changed: number[] = [];
    const compare = (start: number, end: number): void => {
      for (let i = start; i < end; i++) if (isOfWorld[i] === 1 && before[i] !== memory[i]) changed.push(i);
    };
    // Four words of 32 bits at once, since nearly all are what they were.
    let i = 0;
    for (; i + 4 <= wholes; i += 4) {
      const difference =
        (were[i] ^ are[i]) | (were[i + 1] ^ are[i + 1]) | (were[i + 2] ^ are[i + 2]) | (were[i + 3] ^ are[i + 3]);
      if (difference !== 0) compare(4 * i, 4 * i + 16);
    }
    compare(4 * i, before.length);
    return changed;
  }

  /** A hash of the world but for the bytes at the addresses of `noise`, and of `more` bytes. */
  hash(noise: ReadonlySet<number>, more: readonly number[] = []): string {
    const { memory } = this.machine;
    let [low, high] = [0x811c9dc5, 0x9747b28c];
    const add = (address: number): void => {
      low = Math.imul(low ^ memory[address], 0x01000193);
      high = Math.imul(high ^ memory[address] ^ (low >>> 24), 0x85ebca6b);
    };
    for (const address of this.addresses) if (!noise.has(address)) add(address);
    for (const address of more) add(address);
    return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  private get showsScore(): boolean {
    const { bytes, version, isByInform } = this.machine.story.file;
    return (bytes[0x01] & SHOWS_TIME) === 0 && (version === 3 || isByInform);
  }

  private global(offset: number): number {
    return readWord(this.machine.memory, this.machine.globalAddress(this.locationVariable + offset));
  }
}
