import type { LiveRecord } from '@fleetbeat/contracts/live.ts';

/** Told of every change once it is stored; see `tellLive`. */
export type Announce = (news: readonly LiveRecord[]) => void;
