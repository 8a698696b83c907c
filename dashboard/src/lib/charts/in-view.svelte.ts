/** How far outside of what is seen something counts as seen, so that it is there when it is scrolled to. */
const MARGIN = '200px';

/** Whether an element can be seen: what cannot need not be drawn. */
export class InView {
  /** Until it is known otherwise, it can. */
  now = $state(true);

  /** To be attached to the element. */
  readonly watch = (element: Element): (() => void) => {
    const observer = new IntersectionObserver(
      (entries) => {
        this.now = entries.at(-1)?.isIntersecting ?? true;
      },
      { rootMargin: MARGIN },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };
}
