import * as z from 'zod';

/** What each page needs beside the shell, by its route: written by the build (dashboard/vite-plugins/page-files.ts). */
const pageFilesSchema = z.record(z.string(), z.object({ scripts: z.array(z.string()), styles: z.array(z.string()) }));
export type PageFiles = z.infer<typeof pageFilesSchema>;

/** Nothing where the build is another, or of another version: pages then find their files by themselves, only later. */
export function parsePageFiles(text: string | undefined): PageFiles {
  if (text === undefined) return {};
  try {
    return pageFilesSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/**
 * The shell with links to what the page at a path needs, so that a browser asks for all of it at once: scripts as the shell's own,
 * after the styles.
 */
export function withPageFiles(html: string, path: string, pages: PageFiles): string {
  const files = pages[routeOf(path, Object.keys(pages)) ?? ''];
  if (files === undefined) return html;
  const missing = (names: readonly string[]) => names.filter((name) => !html.includes(`"${name}"`));
  const links = [
    ...missing(files.styles).map((name) => `<link href="${name}" rel="stylesheet">`),
    ...missing(files.scripts).map((name) => `<link href="${name}" rel="modulepreload" fetchpriority="low">`),
  ];
  return html.replace('</head>', () => `${links.join('\n')}\n</head>`);
}

/** The route of a path. One that spells a part out goes before one that leaves it open: `/rules/new` is not `/rules/[id]`. */
export function routeOf(path: string, routes: readonly string[]): string | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const fitting = routes.filter((route) => {
    const wanted = route.split('/').filter((part) => part !== '');
    return wanted.length === parts.length && wanted.every((part, index) => part.startsWith('[') || part === parts[index]);
  });
  return fitting.toSorted((a, b) => openParts(a) - openParts(b))[0];
}

function openParts(route: string): number {
  return route.split('[').length - 1;
}
