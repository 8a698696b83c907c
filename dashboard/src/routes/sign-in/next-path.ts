/** Where to go after signing in: a path of this site, never another site. */
export function nextPath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/';
}
