export { GnubgError, startGnubg, type Gnubg, type GnubgOptions } from './gnubg.ts';
