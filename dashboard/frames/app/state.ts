/** In place of SvelteKit's `$app/state`. */
export const page = { url: new URL(location.href) };
