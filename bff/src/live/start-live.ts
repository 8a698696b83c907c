import type { Server } from 'node:http';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Lifecycle } from '@fleetbeat/infra/lifecycle.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import type { Origins } from '../access/origins.ts';
import type { StoredCuts } from '../windows/stored-cuts.ts';
import type { Admit, IsStillAdmitted } from './admit.ts';
import type { Hears, Hub } from './hub.ts';
import { liveRecordOf, openPartialsOf } from './live-records.ts';
import { servePlainWebSocket } from './plain-websocket.ts';
import { paced } from './paced.ts';
import { repeat } from './repeat.ts';
import type { SeriesFeed } from './series-feed.ts';
import { serveSocketIo } from './socket-io.ts';
import { routeUpgrades } from './upgrade.ts';

/** At most this often does a view get a message, in milliseconds: four times a second. */
const FLUSH_EVERY_MS = 250;
/** How often stored cuts are looked for, and who watches what is told, in milliseconds. */
const REFRESH_EVERY_MS = 500;
const WATCH_EVERY_MS = 1_000;
/** How often it is asked who wants to hear what, in milliseconds. */
const PREFERENCES_EVERY_MS = 1_000;
/** How often slow clients are looked for, and admissions checked again, in milliseconds. */
const DROP_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 30_000;

interface LiveParts {
  server: Server;
  eventLog: Pick<EventLog, 'tail'>;
  hub: Hub;
  feed: SeriesFeed;
  stored: StoredCuts;
  /** Who hears of which notices; asked again and again. */
  listeners: { hears: Hears; refresh(): Promise<void> };
  admit: Admit;
  isStillAdmitted: IsStillAdmitted;
  origins: Origins;
  lifecycle: Lifecycle;
  logger: Logger;
}

export interface Live {
  /** Open sockets by protocol. */
  sockets(): Record<string, number>;
}

/** Reads the internal topics from now on and serves what they bring to sockets, until the service stops. */
export async function startLive(parts: LiveParts): Promise<Live> {
  const { server, eventLog, hub, feed, stored, isStillAdmitted, listeners, lifecycle, logger } = parts;
  const { hears } = listeners;
  const socketIo = serveSocketIo(server, { ...parts, hears });
  const plain = servePlainWebSocket({ hub, hears, logger });
  routeUpgrades(server, { plain, admit: parts.admit, logger });
  lifecycle.onStop('sockets', async () => {
    await Promise.all([plain.close(), socketIo.close()]);
  });

  const series = paced('live series', FLUSH_EVERY_MS, logger, () => feed.flush());
  stored.onStored(() => series.request());
  const aggregates = await eventLog.tail('aggregates', (records) => {
    for (const record of records) {
      const partials = openPartialsOf(record);
      if (partials !== undefined) feed.take(partials);
    }
    // One round for all that came together.
    series.request();
  });
  lifecycle.onStop('tail of aggregates', () => aggregates.stop());

  const changes = await eventLog.tail('live', (records) => {
    for (const record of records) {
      const change = liveRecordOf(record);
      if (change !== undefined) hub.publish(change.type, change.data);
    }
  });
  lifecycle.onStop('tail of live', () => changes.stop());

  const rounds = [
    repeat('stored cuts', REFRESH_EVERY_MS, logger, () => stored.refresh()),
    repeat('preferences', PREFERENCES_EVERY_MS, logger, () => listeners.refresh()),
    repeat('watched agents', WATCH_EVERY_MS, logger, () => feed.watchAgents(agentsIn([socketIo.rooms(), plain.rooms()]))),
    repeat('slow sockets', DROP_EVERY_MS, logger, () => Promise.resolve(socketIo.dropSlow())),
    repeat('sockets', SWEEP_EVERY_MS, logger, async () => {
      await socketIo.sweep(isStillAdmitted);
      await plain.sweep(isStillAdmitted);
    }),
  ];
  lifecycle.onStop('live rounds', async () => {
    await Promise.all([series, ...rounds].map((round) => round.stop()));
  });

  return { sockets: () => ({ socket_io: socketIo.sockets, websocket: plain.sockets }) };
}

/** Series of agents that this process sends at most; whoever is beyond is served over REST alone. */
const MAX_WATCHED_AGENTS = 200;

function agentsIn(rooms: readonly Iterable<string>[]): Set<string> {
  const agents = new Set<string>();
  for (const room of rooms.flatMap((some) => [...some])) {
    if (room.startsWith('agent:') && agents.size < MAX_WATCHED_AGENTS) agents.add(room.slice('agent:'.length));
  }
  return agents;
}
