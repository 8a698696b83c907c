/** In place of SvelteKit's `$app/navigation`: the pages of the benchmark lead nowhere. */
export const goto = (): Promise<void> => Promise.resolve();
