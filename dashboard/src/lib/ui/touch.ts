import { MediaQuery } from 'svelte/reactivity';

/** Whether the page is touched, by fingers that need more room than a pointer. */
export const touch = new MediaQuery('(pointer: coarse)');
