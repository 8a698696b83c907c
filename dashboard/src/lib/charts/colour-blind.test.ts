import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OTHERS_COLOR, SERIES_COLORS } from './palette.ts';

/** Colours of series as eyes see them that miss one kind of cone: G. M. Machado et al., 2009, severity 1. */
const EYES = {
  'all cones': [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
} as const;
/** To Oklab and what lies between: B. Ottosson, 2020. */
const CONES = [
  0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619, 0.2817188376, 0.6299787005,
];
const OKLAB = [
  0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099, 0.0259040371, 0.7827717662, -0.808675766,
];
/** In hundredths of the way from black to white; two are seen where colours touch. */
const APART = 8;

const [, light = '', dark = ''] = readFileSync(new URL('../../app.css', import.meta.url), 'utf8').split("[data-theme='");

function times(matrix: readonly number[], [a = 0, b = 0, c = 0]: readonly number[]): number[] {
  return [0, 3, 6].map((row) => (matrix[row] ?? 0) * a + (matrix[row + 1] ?? 0) * b + (matrix[row + 2] ?? 0) * c);
}

function linear(hex: string): number[] {
  return [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
}

function seen(hex: string, eye: keyof typeof EYES): number[] {
  const color = times(EYES[eye], linear(hex)).map((part) => Math.min(1, Math.max(0, part)));
  return times(OKLAB, times(CONES, color).map(Math.cbrt));
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = linear(hex);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** What a token stands for in a theme. */
function valueOf(theme: string, token: string): string {
  const name = /--[\w-]+/.exec(token)?.[0] ?? token;
  const found = new RegExp(`${name}: (#[0-9a-f]{6});`).exec(theme)?.[1];
  if (found === undefined) throw new Error(`app.css has no ${name}`);
  return found;
}

const THEMES = { light, dark };

test.each(
  Object.entries(THEMES).flatMap(([name, theme]) =>
    (Object.keys(EYES) as (keyof typeof EYES)[]).map((eye) => ({ name, theme, eye })),
  ),
)('the colours of series are told apart in the $name theme with $eye', ({ theme, eye }) => {
  const colors = [...SERIES_COLORS, OTHERS_COLOR].map((token) => ({ token, at: seen(valueOf(theme, token), eye) }));
  const alike = colors.flatMap((one, index) =>
    colors
      .slice(index + 1)
      .filter((other) => 100 * Math.hypot(...one.at.map((part, i) => part - (other.at[i] ?? 0))) < APART)
      .map((other) => `${one.token} and ${other.token}`),
  );
  expect(alike).toEqual([]);
});

test.each(Object.entries(THEMES))('in the %s theme they stand out from what is behind them', (_, theme) => {
  const behind = luminance(valueOf(theme, '--surface'));
  for (const token of [...SERIES_COLORS, OTHERS_COLOR]) {
    const [less, more] = [behind, luminance(valueOf(theme, token))].sort((a, b) => a - b) as [number, number];
    expect((more + 0.05) / (less + 0.05), token).toBeGreaterThanOrEqual(3);
  }
});
