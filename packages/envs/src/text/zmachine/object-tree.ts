import type { StoryFile } from './story-file.ts';
import { refuseWrite, StoryError } from './story-error.ts';
import { readWord } from './words.ts';

/** Where the packed text of an object's name is, and how many words of memory it has. */
export interface ObjectName {
  readonly address: number;
  readonly words: number;
}

/**
 * The objects of a story: a forest by parent, sibling and child, with attributes, which are bits, and properties, which are numbers or lists of them (Standard
 * 1.1, §12). Objects are numbered from 1; 0 is none, which has no relatives, no attributes and no properties.
 */
export class ObjectTree {
  private readonly memory: Uint8Array;
  private readonly isSmall: boolean;
  /** Where what may be written ends: numbers that are of no object lead anywhere. */
  private readonly staticBase: number;
  /** Of what properties are where an object does not have them. */
  private readonly defaults: number;
  /** Where object 0 would be. */
  private readonly base: number;
  readonly entryLength: number;
  readonly attributeBytes: number;
  /** Where links are within an object's entry; they are bytes in version 3 and words later. */
  private readonly parentOffset: number;
  private readonly siblingOffset: number;
  private readonly childOffset: number;
  private readonly propertiesOffset: number;

  constructor(memory: Uint8Array, { objects, version, staticBase }: StoryFile) {
    this.memory = memory;
    this.staticBase = staticBase;
    this.isSmall = version === 3;
    this.defaults = objects;
    this.entryLength = this.isSmall ? 9 : 14;
    this.attributeBytes = this.isSmall ? 4 : 6;
    this.base = objects + 2 * (this.isSmall ? 31 : 63) - this.entryLength;
    const link = this.isSmall ? 1 : 2;
    this.parentOffset = this.attributeBytes;
    this.siblingOffset = this.parentOffset + link;
    this.childOffset = this.siblingOffset + link;
    this.propertiesOffset = this.childOffset + link;
  }

  parent(object: number): number {
    return object === 0 ? 0 : this.link(object, this.parentOffset);
  }

  sibling(object: number): number {
    return object === 0 ? 0 : this.link(object, this.siblingOffset);
  }

  child(object: number): number {
    return object === 0 ? 0 : this.link(object, this.childOffset);
  }

  /** Takes an object away from its parent. */
  remove(object: number): void {
    const parent = this.parent(object);
    if (parent === 0) return;
    const sibling = this.sibling(object);
    let before = this.child(parent);
    if (before === object) this.setLink(parent, this.childOffset, sibling);
    else {
      // A chain that does not lead to its own member would be endless in a damaged story.
      for (let i = 0; before !== 0 && this.sibling(before) !== object; i++) {
        if (i > 0xffff) throw new StoryError(`the siblings of object ${object} run in a circle`);
        before = this.sibling(before);
      }
      if (before !== 0) this.setLink(before, this.siblingOffset, sibling);
    }
    this.setLink(object, this.parentOffset, 0);
    this.setLink(object, this.siblingOffset, 0);
  }

  /** Makes an object the first child of another. */
  insert(object: number, parent: number): void {
    if (object === 0) return;
    this.remove(object);
    if (parent === 0) return;
    this.setLink(object, this.siblingOffset, this.child(parent));
    this.setLink(object, this.parentOffset, parent);
    this.setLink(parent, this.childOffset, object);
  }

  hasAttribute(object: number, attribute: number): boolean {
    if (!this.mayHave(object, attribute)) return false;
    return (this.memory[this.entry(object) + (attribute >> 3)] & (0x80 >> (attribute & 7))) !== 0;
  }

  setAttribute(object: number, attribute: number): void {
    if (!this.mayHave(object, attribute)) return;
    const address = this.entry(object) + (attribute >> 3);
    this.writeByte(address, this.memory[address] | (0x80 >> (attribute & 7)));
  }

  clearAttribute(object: number, attribute: number): void {
    if (!this.mayHave(object, attribute)) return;
    const address = this.entry(object) + (attribute >> 3);
    this.writeByte(address, this.memory[address] & ~(0x80 >> (attribute & 7)));
  }

  /** The value of a property, or what it is where the object does not have it. */
  property(object: number, property: number): number {
    const address = this.propertyAddress(object, property);
    if (address === 0) return readWord(this.memory, this.defaults + 2 * (property - 1));
    return this.propertyLength(address) === 1 ? this.memory[address] : readWord(this.memory, address);
  }

  /** Throws `StoryError` where the object does not have the property. */
  setProperty(object: number, property: number, value: number): void {
    const address = this.propertyAddress(object, property);
    if (address === 0) throw new StoryError(`object ${object} has no property ${property} that could be set`);
    if (this.propertyLength(address) === 1) this.writeByte(address, value);
    else this.writeWord(address, value);
  }

  /** Where a property's data are, 0 where the object does not have it. Properties are in descending order. */
  propertyAddress(object: number, property: number): number {
    if (object === 0) return 0;
    const { memory } = this;
    if (this.isSmall) {
      let address = this.firstProperty(object);
      while ((memory[address] & 31) > property) address += 2 + (memory[address] >> 5);
      return (memory[address] & 31) === property && property > 0 ? address + 1 : 0;
    }
    const mask = 63;
    let address = this.firstProperty(object);
    let number = memory[address] & mask;
    while (number > property) {
      const data = this.dataAfter(address);
      address = data + this.propertyLength(data);
      number = memory[address] & mask;
    }
    return number === property && number > 0 ? this.dataAfter(address) : 0;
  }

  /** The number of the property after this one, or of the first one for 0; 0 after the last. */
  nextProperty(object: number, property: number): number {
    if (object === 0) return 0;
    let address = this.firstProperty(object);
    if (property > 0) {
      const data = this.propertyAddress(object, property);
      if (data === 0) throw new StoryError(`object ${object} has no property ${property} after which one could look`);
      address = data + this.propertyLength(data);
    }
    return this.memory[address] & (this.isSmall ? 31 : 63);
  }

  /** How many bytes of data there are at `address`; 0 for address 0. */
  propertyLength(address: number): number {
    if (address === 0) return 0;
    const size = this.memory[address - 1];
    if (this.isSmall) return (size >> 5) + 1;
    if (size < 0x80) return (size >> 6) + 1;
    // 0 means 64.
    return size & 63 || 64;
  }

  name(object: number): ObjectName {
    const table = object === 0 ? 0 : readWord(this.memory, this.entry(object) + this.propertiesOffset);
    return { address: table + 1, words: object === 0 ? 0 : this.memory[table] };
  }

  /** Where an object's attributes begin, which is where it begins. */
  entry(object: number): number {
    return this.base + object * this.entryLength;
  }

  /** How many objects there are: their entries end where the first of their properties begin, which is nowhere said but always so. */
  count(): number {
    let end = this.memory.length;
    let object = 0;
    while (this.entry(object + 1) + this.entryLength <= end) {
      object++;
      end = Math.min(end, readWord(this.memory, this.entry(object) + this.propertiesOffset));
    }
    return object;
  }

  private firstProperty(object: number): number {
    const table = readWord(this.memory, this.entry(object) + this.propertiesOffset);
    return table + 1 + 2 * this.memory[table];
  }

  private dataAfter(address: number): number {
    return address + (!this.isSmall && this.memory[address] >= 0x80 ? 2 : 1);
  }

  /** Published stories ask for attributes that there are none of: nothing has them, and setting them does nothing. */
  private mayHave(object: number, attribute: number): boolean {
    return object > 0 && attribute < 8 * this.attributeBytes;
  }

  private link(object: number, offset: number): number {
    const address = this.entry(object) + offset;
    return this.isSmall ? this.memory[address] : readWord(this.memory, address);
  }

  private setLink(object: number, offset: number, value: number): void {
    const address = this.entry(object) + offset;
    if (this.isSmall) this.writeByte(address, value);
    else this.writeWord(address, value);
  }

  private writeByte(address: number, value: number): void {
    if (address >= this.staticBase) refuseWrite(address);
    this.memory[address] = value;
  }

  private writeWord(address: number, value: number): void {
    this.writeByte(address, value >> 8);
    this.writeByte(address + 1, value);
  }
}
