import type { Machine } from '../machine.ts';
import { signed } from '../words.ts';
import { plain, storing, type Operation } from './operation.ts';

/** Windows, cursors and streams of output. Styles, colours and sounds are for those who see and hear: they do nothing. */
export const windowOperations: readonly Operation[] = [
  plain('0OP:188', 'show_status', () => undefined),
  plain('VAR:234', 'split_window', ({ screen, story }, height) => screen.split(height, story.file.version === 3)),
  plain('VAR:235', 'set_window', ({ screen }, window) => screen.select(window)),
  plain('VAR:237', 'erase_window', ({ screen }, window) => screen.erase(signed(window)), { from: 4 }),
  plain('VAR:238', 'erase_line', ({ screen }, value) => value === 1 && screen.eraseLine(), { from: 4 }),
  plain('VAR:239', 'set_cursor', ({ screen }, row, column) => screen.setCursor(row, column), { from: 4 }),
  plain(
    'VAR:240',
    'get_cursor',
    (machine, address) => machine.screen.cursor.forEach((value, i) => machine.writeWord(address + 2 * i, value)),
    { from: 4 },
  ),
  plain('VAR:241', 'set_text_style', () => undefined, { from: 4 }),
  plain('VAR:242', 'buffer_mode', () => undefined, { from: 4 }),
  plain('VAR:243', 'output_stream', selectStream),
  plain('VAR:244', 'input_stream', () => undefined),
  plain('VAR:245', 'sound_effect', () => undefined),
  plain('2OP:27', 'set_colour', () => undefined, { from: 5 }),
  plain('EXT:13', 'set_true_colour', () => undefined, { from: 5 }),
  // Fonts 1 and 4 there are; which one is chosen changes nothing.
  storing('EXT:4', 'set_font', (_, font) => (font === 0 || font === 1 || font === 4 ? 1 : 0), { from: 5 }),
];

/** Streams are the screen (1), a transcript (2), which the story is only told that there is, a table (3), and a record of commands (4), which there is not. */
function selectStream(machine: Machine, stream: number, table: number): void {
  const number = signed(stream);
  if (Math.abs(number) === 1) machine.screenIsOn = number > 0;
  else if (number === 2) machine.memory[0x11] |= 1;
  else if (number === -2) machine.memory[0x11] &= ~1;
  else if (number === 3) machine.openTable(table);
  else if (number === -3) machine.closeTable();
}
