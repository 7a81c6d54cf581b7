import { CONSTANT, GLOBAL, LOCAL } from './instructions.ts';
import { JUMP, type Step } from './steps.ts';

/**
 * Writes instructions as statements of JavaScript. What they do is what the loop of `interpret` does, number by number, with its names; how variables are kept, and how calls and
 * jumps are done, is up to those who extend it.
 */
export abstract class Writer {
  protected readonly step: Step;
  /** Where the first global variable is. */
  private readonly globals: number;

  constructor(step: Step, globals: number) {
    this.step = step;
    this.globals = globals;
  }

  /** A local variable, from 0 on. */
  protected abstract local(i: number): string;
  /** The number that was pushed last, without and with taking it. */
  protected abstract peek(): string;
  protected abstract pop(): string;
  protected abstract replaceTop(value: string): string;
  protected abstract push(value: string): string;
  /** Goes on at an address, or returns with 0 or 1. */
  abstract go(address: number): string[];
  protected abstract return(value: string): string[];
  /** A call with these operands, the first of which is the routine. */
  protected abstract call(operands: readonly string[]): string[];
  /** An instruction that `runOther` does. */
  protected abstract other(operands: readonly string[]): string[];

  /** Only once for each writer: what it takes is taken then. */
  lines(): string[] {
    const { instruction } = this.step;
    const { name, number, kinds, values } = instruction;
    const given = [0, 1, 2, 3].map((i) => this.operand(i));
    const [a, b, c, d] = given;
    const count = kinds.length;
    if (name === 'ret_popped') return [`a = ${this.pop()};`, ...this.return('a')];
    if (instruction.run) return this.other(given);
    if (this.step.isCall) return this.call(given);
    switch (number) {
      case 1: // je
        if (count <= 2) return this.branch(`${a} === ${b}`);
        return [
          `a = ${a}; b = ${b}; c = ${c}; d = ${count > 3 ? d : 'c'};`,
          ...this.branch('a === b || a === c || a === d'),
        ];
      case 2: // jl
        return this.branch(`${a} << 16 < ${b} << 16`);
      case 3: // jg
        return this.branch(`${a} << 16 > ${b} << 16`);
      case 4: // dec_chk
      case 5: // inc_chk
      case 37: // inc
      case 38: {
        // dec
        const change = number === 5 || number === 37 ? '+ 1' : '- 1';
        const lines = [`b = ${b};`, `result = ${this.variable(values[0])} ${change} & 65535;`];
        lines.push(this.setVariable(values[0], 'result'));
        if (number > 5) return lines;
        return [...lines, ...this.branch(`result << 16 ${number === 4 ? '<' : '>'} b << 16`)];
      }
      case 6: // jin
        return this.branch(`objects.parent(${a}) === ${b}`);
      case 7: // test
        return [`a = ${a}; b = ${b};`, ...this.branch('(a & b) === b')];
      case 8: // or
        return this.store(`${a} | ${b}`);
      case 9: // and
        return this.store(`${a} & ${b}`);
      case 10: // test_attr
        return this.branch(`objects.hasAttribute(${a}, ${b})`);
      case 13: // store
        return [`b = ${b};`, this.setVariable(values[0], 'b')];
      case 15: // loadw
        return [`a = ${a} + 2 * ${b} & 65535;`, ...this.store('memory[a] << 8 | memory[a + 1]')];
      case 16: // loadb
        return this.store(`memory[${a} + ${b} & 65535]`);
      case 17: // get_prop
        return this.store(`objects.property(${a}, ${b})`);
      case 18: // get_prop_addr
        return this.store(`objects.propertyAddress(${a}, ${b})`);
      case 20: // add
        return this.store(`${a} + ${b} & 65535`);
      case 21: // sub
        return this.store(`${a} - ${b} & 65535`);
      case 22: // mul
        return this.store(`Math.imul(${a}, ${b}) & 65535`);
      case 32: // jz
        return this.branch(`${a} === 0`);
      case 33: // get_sibling
        return [...this.store(`result = objects.sibling(${a})`), ...this.branch('result !== 0')];
      case 34: // get_child
        return [...this.store(`result = objects.child(${a})`), ...this.branch('result !== 0')];
      case 35: // get_parent
        return this.store(`objects.parent(${a})`);
      case 36: // get_prop_len
        return this.store(`objects.propertyLength(${a})`);
      case 43: // ret
        return [`a = ${a};`, ...this.return('a')];
      case 48: // rtrue
        return this.return('1');
      case 49: // rfalse
        return this.return('0');
      case JUMP:
        return this.go(this.step.jumpTo);
      case 46: // load
        return [`b = ${this.variable(values[0])};`, ...this.store('b')];
      case 65: // storew
        return [`machine.writeWord(${a} + 2 * ${b} & 65535, ${c});`];
      case 66: // storeb
        return [`machine.writeByte(${a} + ${b} & 65535, ${c});`];
      case 72: // push
        return [`a = ${a};`, this.push('a')];
      case 73: // pull
        return [`b = ${this.pop()};`, this.setVariable(values[0], 'b')];
      default:
        throw new Error(`no code for instruction ${number}`);
    }
  }

  protected operand(i: number): string {
    const { kinds, values } = this.step.instruction;
    const value = values[i];
    switch (kinds[i]) {
      case undefined:
        return '0';
      case CONSTANT:
        return String(value);
      case LOCAL:
        return this.local(value);
      case GLOBAL:
        return `(memory[${value}] << 8 | memory[${value + 1}])`;
      default:
        return this.pop();
    }
  }

  /** The value of a variable by its number; the stack's top stays there. */
  protected variable(variable: number): string {
    if (variable === 0) return this.peek();
    if (variable < 16) return this.local(variable - 1);
    const address = this.globals + 2 * (variable - 16);
    return `(memory[${address}] << 8 | memory[${address + 1}])`;
  }

  /** Sets a variable to what `value` names; the stack's top is replaced. */
  protected setVariable(variable: number, value: string): string {
    if (variable === 0) return this.replaceTop(value);
    if (variable < 16) return `${this.local(variable - 1)} = ${value};`;
    const address = this.globals + 2 * (variable - 16);
    return `memory[${address}] = ${value} >> 8; memory[${address + 1}] = ${value};`;
  }

  /** Puts a result where the instruction has it. */
  protected store(value: string): string[] {
    const { target } = this.step.instruction.ending;
    if (target < 0) return [`${value};`];
    if (target === 0) return [`c = ${value};`, this.push('c')];
    return target < 16 ? [this.setVariable(target, `(${value})`)] : [`c = ${value};`, this.setVariable(target, 'c')];
  }

  protected branch(condition: string): string[] {
    const { branchOn, branchTo } = this.step.instruction.ending;
    return [`if (${branchOn ? condition : `!(${condition})`}) {`, ...this.go(branchTo), '}'];
  }
}
