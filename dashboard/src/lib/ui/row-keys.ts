/** Moves through the rows of a table by j and k: focuses the link of each, which Enter then opens. */
export function rowKeys(event: KeyboardEvent, body: HTMLElement | undefined): void {
  if ((event.key !== 'j' && event.key !== 'k') || event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented)
    return;
  const { target } = event;
  if (target instanceof Element && target.closest('input, textarea, select, [contenteditable], [role=dialog]')) return;
  const links = [...(body?.querySelectorAll<HTMLElement>('th a') ?? [])];
  if (links.length === 0) return;
  event.preventDefault();
  const row = document.activeElement?.closest('tr');
  const at = links.findIndex((link) => link.closest('tr') === row);
  links[Math.min(Math.max(at + (event.key === 'j' ? 1 : -1), 0), links.length - 1)]?.focus();
}
