import { MESSAGE_TYPES } from '@fleetbeat/contracts/events.ts';

/** Types of stored events in the order of their bits in `event_blocks.types`. */
export const EVENT_BLOCK_TYPES = [...MESSAGE_TYPES, 'heartbeat'] as const;
export type EventTypeName = (typeof EVENT_BLOCK_TYPES)[number];

export const ALL_TYPES = 2 ** EVENT_BLOCK_TYPES.length - 1;

/** The bit that a block of this type of event has set. */
export function typeBit(type: EventTypeName): number {
  return 1 << EVENT_BLOCK_TYPES.indexOf(type);
}
