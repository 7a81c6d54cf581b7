import type { Command } from 'commander';
import { addBackgammonEvaluate } from './backgammon-evaluate.ts';
import { addBackgammonPlay } from './backgammon-play.ts';
import { addBackgammonTrain } from './backgammon-train.ts';
import { descriptions } from './descriptions.ts';

const notes = `
Examples:
  gradus backgammon train --games 100000 --out runs/backgammon
  gradus backgammon evaluate runs/backgammon --against pubeval
  gradus backgammon evaluate runs/backgammon --against gnubg --plies 2 --games 100 --match games.mat
  gradus backgammon play runs/backgammon`;

/** Adds `gradus backgammon`, and in it its commands, to the command. */
export function addBackgammon(gradus: Command): void {
  const group = gradus
    .command('backgammon')
    .description(descriptions.backgammon)
    // Options after a command are those of that command.
    .enablePositionalOptions()
    .addHelpText('after', notes);
  addBackgammonTrain(group);
  addBackgammonEvaluate(group);
  addBackgammonPlay(group);
}
