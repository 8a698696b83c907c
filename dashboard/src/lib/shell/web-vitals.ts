import type { Body } from '@fleetbeat/contracts/client/client.ts';
import { api } from '../api/client.ts';

type Vital = Body<'post /web-vitals'>['vitals'][number]['name'];

/**
 * Measures how this page view was for its reader, by the definitions of web.dev/vitals, and sends it once, when
 * the page is left or hidden. Times in milliseconds; CLS is the largest sum of layout shifts of one burst.
 */
export function measureWebVitals(): () => void {
  const vitals = new Map<Vital, number>();
  const observers: PerformanceObserver[] = [];

  function observe<T extends PerformanceEntry>(type: string, options: PerformanceObserverInit, take: (entry: T) => void): void {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return;
    const observer = new PerformanceObserver((list) => (list.getEntries() as T[]).forEach(take));
    observer.observe({ type, buffered: true, ...options });
    observers.push(observer);
  }

  const navigation = performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined;
  if (navigation) vitals.set('TTFB', navigation.responseStart);
  observe('paint', {}, (entry) => entry.name === 'first-contentful-paint' && vitals.set('FCP', entry.startTime));
  observe('largest-contentful-paint', {}, (entry) => vitals.set('LCP', entry.startTime));

  let burst = { sum: 0, start: 0, end: 0 };
  observe<PerformanceEntry & { value: number; hadRecentInput: boolean }>('layout-shift', {}, (entry) => {
    if (entry.hadRecentInput) return;
    const joins = entry.startTime - burst.end < 1_000 && entry.startTime - burst.start < 5_000;
    burst = joins
      ? { ...burst, sum: burst.sum + entry.value, end: entry.startTime }
      : { sum: entry.value, start: entry.startTime, end: entry.startTime };
    vitals.set('CLS', Math.max(vitals.get('CLS') ?? 0, burst.sum));
  });
  observe<PerformanceEventTiming & { interactionId?: number }>(
    'event',
    { durationThreshold: 40 } as PerformanceObserverInit,
    (entry) => {
      if (entry.interactionId) vitals.set('INP', Math.max(vitals.get('INP') ?? 0, entry.duration));
    },
  );

  function send(): void {
    if (document.visibilityState !== 'hidden' || vitals.size === 0) return;
    const measured = [...vitals].map(([name, value]) => ({ name, value: Math.min(value, 600_000) }));
    vitals.clear();
    // What cannot be sent is not worth a word to the reader.
    api.webVitals(measured).catch(() => {});
  }
  document.addEventListener('visibilitychange', send);
  return () => {
    document.removeEventListener('visibilitychange', send);
    for (const observer of observers) observer.disconnect();
  };
}
