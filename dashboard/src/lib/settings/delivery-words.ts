import type { Delivery, DeliveryState } from '@fleetbeat/contracts/delivery.ts';

/** What became of a delivery, and what that is worth. */
export const DELIVERY_WORDS: Readonly<
  Record<DeliveryState, { readonly word: string; readonly status: 'ok' | 'warning' | 'error' | 'quiet' }>
> = {
  queued: { word: 'Waits', status: 'quiet' },
  retrying: { word: 'Is tried again', status: 'warning' },
  delivered: { word: 'Delivered', status: 'ok' },
  dead: { word: 'Given up', status: 'error' },
};

/** What it told. */
export const KIND_WORDS: Readonly<Record<Delivery['kind'], string>> = {
  firing: 'began',
  repeat: 'goes on',
  escalated: 'passed on',
  acknowledged: 'in hands',
  resolved: 'over',
  approved: 'approved',
  test: 'test',
};
