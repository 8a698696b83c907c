// A static single-page app: every page is rendered in the browser from live data.
export const ssr = false;
export const prerender = false;
export const trailingSlash = 'never';
