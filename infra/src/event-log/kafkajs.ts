import { createRequire } from 'node:module';
import type { logCreator } from 'kafkajs';
import type { Logger } from '../logger.ts';
import { encodeProduce, isPlain, type ProduceRequest } from './kafka-produce-request.ts';

/**
 * kafkajs 2.2.4 as the rest of the program uses it, with three of its parts replaced. There has been no release
 * since 2023 and package.json pins the version, so the parts stay where they are; one that is used by another
 * importer of kafkajs before this module loads merely stays as it was.
 */

const load = createRequire(import.meta.url);

interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Writes the whole frame; only our own requests have it. */
  readonly frame?: (apiVersion: number, correlationId: number, clientId: string) => Buffer;
}
interface FrameParts {
  readonly request: Request;
  readonly correlationId: number;
  readonly clientId: string;
}

/** Makes `path` export what `wrap` makes of its own export. */
function replaceModule<T>(path: string, wrap: (original: T) => T): void {
  const original = load(path) as T;
  const cached = load.cache[load.resolve(path)];
  if (cached !== undefined) cached.exports = wrap(original);
}

/** Requests that can write themselves in one piece do; see kafka-produce-request.ts. */
function writeProduceInOnePiece(): void {
  type CreateFrame = (parts: FrameParts) => Promise<{ buffer: Buffer }>;
  type CreateRequest = (request: ProduceRequest) => Request;
  replaceModule<CreateFrame>('kafkajs/src/protocol/request.js', (original) => (parts) => {
    const { request, correlationId, clientId } = parts;
    if (request.frame === undefined) return original(parts);
    return Promise.resolve({ buffer: request.frame(request.apiVersion, correlationId, clientId) });
  });
  replaceModule<CreateRequest>('kafkajs/src/protocol/requests/produce/v3/request.js', (original) => (request) => {
    const created = original(request);
    if (!isPlain(request)) return created;
    return {
      ...created,
      frame: (apiVersion, correlationId, clientId) => encodeProduce(request, apiVersion, correlationId, clientId, Date.now()),
    };
  });
}

interface RequestQueue {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: readonly unknown[];
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const CHECK_PENDING_MS = 10;

/**
 * kafkajs sets a timer with a large negative delay after every response (Node 24 warns of it, and each is one
 * needless wake-up). A check is due only while something is pending or the broker has asked to wait.
 */
function mendRequestTimer(): void {
  const queue = load('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue };
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null) return;
    const throttledMs = this.throttledUntil - Date.now();
    if (this.pending.length === 0 && throttledMs <= 0) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_PENDING_MS,
    );
  };
}

interface MetadataCluster {
  retrier<T>(work: (bail: (error: unknown) => void) => Promise<T>): Promise<T>;
  readonly brokerPool: {
    refreshMetadataIfNecessary(topics: readonly string[]): Promise<unknown>;
    withBroker<T>(ask: (of: { broker: { metadata(topics: readonly string[]): Promise<T> } }) => Promise<T>): Promise<T | null>;
  };
  metadata(of?: { topics?: readonly string[] }): Promise<unknown>;
}

/**
 * kafkajs forgets why no broker could describe topics and fails to read "topicMetadata" of null. Said instead is what the last
 * broker answered; that a topic has no leader yet, as just after it was made, is asked again.
 */
function mendMetadata(): void {
  const cluster = load('kafkajs/src/cluster/index.js') as { prototype: MetadataCluster };
  cluster.prototype.metadata = function (this: MetadataCluster, { topics = [] } = {}) {
    return this.retrier(async (bail) => {
      let failure: unknown;
      try {
        await this.brokerPool.refreshMetadataIfNecessary(topics);
        const answer = await this.brokerPool.withBroker(({ broker }) =>
          broker.metadata(topics).catch((error: unknown) => {
            failure = error;
            throw error;
          }),
        );
        if (answer !== null) return answer;
      } catch (error) {
        failure = error;
      }
      if (failure instanceof Error && 'type' in failure && failure.type === 'LEADER_NOT_AVAILABLE') throw failure;
      bail(failure);
      return null;
    });
  };
}

writeProduceInOnePiece();
mendRequestTimer();
mendMetadata();
// After the replacements: what kafkajs loads, it keeps.
const kafkajs = load('kafkajs') as typeof import('kafkajs');

export const { Kafka, Partitioners } = kafkajs;

/**
 * A `logCreator` that passes kafkajs' lines on as details: what it calls an error is mostly one of many attempts
 * that it makes again by itself, and what comes of them in the end is said by who uses it.
 */
export function kafkaLogCreator(logger: Logger): logCreator {
  return () =>
    ({ namespace, label, log }: Parameters<ReturnType<logCreator>>[0]) => {
      // `timestamp` and `logger` are said by our own lines already.
      const fields = { ...log, message: undefined, timestamp: undefined, logger: undefined, part: namespace, label };
      logger.debug(fields, `kafkajs: ${log.message}`);
    };
}

interface Broker {
  describeGroups(of: { groupIds: readonly string[] }): Promise<{ groups: { members: GroupMember[] }[] }>;
  leaveGroup(of: { groupId: string; memberId: string }): Promise<unknown>;
}
interface Cluster {
  connect(): Promise<void>;
  findGroupCoordinator(of: { groupId: string }): Promise<Broker>;
  disconnect(): Promise<void>;
}

export interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
}

/** A connection to the broker that keeps a consumer group. */
export interface GroupCoordinator {
  members(): Promise<readonly GroupMember[]>;
  /** Says for a member that it leaves. */
  remove(memberId: string): Promise<void>;
  close(): Promise<void>;
}

/** What the public admin client of kafkajs has no call for. Any client may say that a member leaves. */
export async function connectCoordinator(kafka: InstanceType<typeof Kafka>, groupId: string): Promise<GroupCoordinator> {
  const createCluster = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (createCluster === undefined) throw new Error('kafkajs is not the version that this was written for');
  const cluster = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[createCluster]?.({});
  if (cluster === undefined) throw new Error('kafkajs makes no connections');
  try {
    await cluster.connect();
    const broker = await cluster.findGroupCoordinator({ groupId });
    return {
      members: async () => (await broker.describeGroups({ groupIds: [groupId] })).groups[0]?.members ?? [],
      remove: async (memberId) => void (await broker.leaveGroup({ groupId, memberId })),
      close: () => cluster.disconnect(),
    };
  } catch (error) {
    await cluster.disconnect();
    throw error;
  }
}
