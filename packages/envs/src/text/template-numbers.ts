import type { TextGrammar } from './text-game.ts';

const HOLE = 'OBJ';

/** The numbers of a command's template and of the nouns in its holes, counted from 1; 0 where there is none. */
type CommandNumbers = readonly [template: number, first: number, second: number];

/** Commands that are remembered, so that each is looked up once; a game has some hundreds. */
const REMEMBERED = 10_000;

/** Finds of which template and nouns of a grammar commands are made. */
export class TemplateNumbers {
  private readonly templates: readonly (readonly string[])[];
  private readonly nouns: ReadonlyMap<string, number>;
  private readonly known = new Map<string, CommandNumbers>();

  constructor({ templates, nouns }: TextGrammar) {
    this.templates = templates.map((template) => template.split(HOLE));
    this.nouns = new Map(nouns.map((noun, i) => [noun, i + 1]));
  }

  /** Those of the first template that the command can be made of: [0, 0, 0] of one that cannot. */
  of(command: string): CommandNumbers {
    let numbers = this.known.get(command);
    if (!numbers) {
      numbers = this.find(command);
      if (this.known.size >= REMEMBERED) this.known.clear();
      this.known.set(command, numbers);
    }
    return numbers;
  }

  private find(command: string): CommandNumbers {
    for (const [i, pieces] of this.templates.entries()) {
      const nouns = this.fill(command, pieces);
      if (nouns) return [i + 1, nouns.at(0) ?? 0, nouns.at(1) ?? 0];
    }
    return [0, 0, 0];
  }

  /** The nouns between the pieces of a template; undefined where a text is none of it. */
  private fill(text: string, [piece, ...rest]: readonly string[]): number[] | undefined {
    if (!text.startsWith(piece)) return undefined;
    const behind = text.slice(piece.length);
    if (rest.length === 0) return behind === '' ? [] : undefined;
    for (const [noun, number] of this.nouns) {
      const others = behind.startsWith(noun) ? this.fill(behind.slice(noun.length), rest) : undefined;
      if (others) return [number, ...others];
    }
    return undefined;
  }
}
