import { MediaQuery } from 'svelte/reactivity';

/** Whether the page is as narrow as that of a phone: what stands side by side elsewhere stands below one another. */
export const narrow = new MediaQuery('(max-width: 720px)');
