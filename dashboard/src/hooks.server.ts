import type { Handle } from '@sveltejs/kit/hooks';

/** The letters of the first words. Others are asked for when they are needed. */
const FIRST_FONT = /inter-latin-wght-normal/;

/**
 * Runs when the shell is built: names in it what a browser is to ask for at once. Scripts come after the styles and the font, with
 * which the places of a page are painted already.
 */
export const handle: Handle = ({ event, resolve }) =>
  resolve(event, {
    preload: ({ type, path }) => type !== 'font' || FIRST_FONT.test(path),
    transformPageChunk: ({ html }) => html.replaceAll('rel="modulepreload"', 'rel="modulepreload" fetchpriority="low"'),
  });
