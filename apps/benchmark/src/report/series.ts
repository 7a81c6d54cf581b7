/** How an algorithm is drawn, the same in every figure. */
export interface Series {
  readonly label: string;
  /** A CSS colour that follows the page's theme. */
  readonly colour: string;
  /** SVG's `stroke-dasharray`: tells apart series that share a colour. */
  readonly dash: string;
}

/**
 * Colours after Okabe and Ito (2008), which people with any kind of colour blindness can tell apart; each in a shade with a
 * contrast of at least 3 : 1 to light and to dark paper.
 */
const colours = [
  { light: '#0072b2', dark: '#56b4e9' },
  { light: '#c6530a', dark: '#f08b4c' },
  { light: '#008563', dark: '#2fc79b' },
  { light: '#a3527f', dark: '#dd9bc2' },
  { light: '#7d6b00', dark: '#e6d24c' },
  { light: '#4d4d4d', dark: '#c9c9c9' },
];

const dashes = ['none', '6 3', '2 3', '8 3 2 3'];

/** What is drawn and written in: names of CSS variables with their values in the light and the dark theme. */
const inks = {
  paper: { light: '#ffffff', dark: '#15181c' },
  ink: { light: '#1b1e23', dark: '#e4e6e9' },
  muted: { light: '#5c636d', dark: '#9ba3ae' },
  rule: { light: '#d9dce1', dark: '#343a43' },
  grid: { light: '#eceef1', dark: '#262b32' },
  accent: { light: '#0a6640', dark: '#5fd39c' },
  warning: { light: '#9a4a00', dark: '#f0a860' },
  ...Object.fromEntries(colours.map((colour, i) => [`series-${i + 1}`, colour])),
};

/** CSS declarations of all colours, in terms of the `color-scheme` of the element they are on. */
export const colourVariables: string = Object.entries(inks)
  .map(([name, { light, dark }]) => `--${name}: light-dark(${light}, ${dark});`)
  .join('\n  ');

/** One series for each label. */
export function makeSeries(labels: readonly string[]): ReadonlyMap<string, Series> {
  return new Map(
    labels.map((label, i) => {
      const colour = `var(--series-${(i % colours.length) + 1})`;
      return [label, { label, colour, dash: dashes[Math.floor(i / colours.length) % dashes.length] }];
    }),
  );
}
