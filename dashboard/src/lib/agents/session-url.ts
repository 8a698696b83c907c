/** The address of a page with its events narrowed down to a session, or with those of every session (null); without a fragment. */
export function withSession(href: string, sessionId: string | null): string {
  const url = new URL(href);
  if (sessionId === null) url.searchParams.delete('session');
  else url.searchParams.set('session', sessionId);
  return `${url.pathname}${url.search}`;
}
