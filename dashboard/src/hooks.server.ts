import type { Handle } from '@sveltejs/kit/hooks';

/** The letters of the first words. Others are asked for when they are needed. */
const FIRST_FONT = /inter-latin-wght-normal/;

/** Runs when the shell is built: names in it what a browser is to ask for at once. */
export const handle: Handle = ({ event, resolve }) =>
  resolve(event, { preload: ({ type, path }) => type !== 'font' || FIRST_FONT.test(path) });
