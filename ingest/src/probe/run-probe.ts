import { setTimeout as sleep } from 'node:timers/promises';
import type { HostSample } from '@fleetbeat/contracts/events.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { judgeAnswer, type Attempt } from './judge-answer.ts';
import { Outbox } from './outbox.ts';

/** An hour of samples at the usual interval. */
const OUTBOX_SAMPLES = 1_800;
const SAMPLES_PER_REQUEST = 300;
const REQUEST_TIMEOUT_MS = 20_000;
/** How long the last samples may take at a stop. */
const FAREWELL_MS = 2_000;

export interface ProbeOptions {
  readonly sample: () => Promise<HostSample>;
  /** The gateway's base URL. */
  readonly ingestUrl: string;
  readonly key: string | undefined;
  readonly everyMs: number;
  readonly logger: Logger;
  readonly capacity?: number | undefined;
}

export interface Probe {
  /** Samples that wait to be sent. */
  readonly waiting: number;
  readonly dropped: number;
  /** Samples no more, tries to send what waits, and resolves. */
  stop(): Promise<void>;
}

/**
 * Samples and sends until it is stopped. While the gateway is away samples wait, the oldest making room; a
 * sample that is sent twice has the same id and counts once.
 */
export function runProbe(options: ProbeOptions): Probe {
  const { logger, everyMs } = options;
  const outbox = new Outbox<HostSample>(options.capacity ?? OUTBOX_SAMPLES);
  const stopping = new AbortController();
  /** Ends what is being sent, some time after the stop. */
  const farewell = new AbortController();
  let failures = 0;
  let notBefore = 0;
  let reportedDrops = 0;

  async function sampleOnce(): Promise<void> {
    try {
      outbox.push(await options.sample());
    } catch (error) {
      logger.warn({ err: error }, 'this host could not be sampled');
    }
  }

  /** Sends what waits until nothing does or the gateway wants a pause. */
  async function deliver(): Promise<void> {
    while (outbox.size > 0 && Date.now() >= notBefore && !farewell.signal.aborted) {
      const batch = outbox.take(SAMPLES_PER_REQUEST);
      const attempt = await post(options, batch, farewell.signal);
      const outcome = judgeAnswer(attempt, failures, Math.random());
      switch (outcome.kind) {
        case 'delivered':
          outbox.done();
          if (failures > 0) logger.info({ waiting: outbox.size, dropped: outbox.dropped }, 'the gateway takes samples again');
          failures = 0;
          break;
        case 'refused':
          outbox.done();
          logger.error({ samples: batch.length, reason: outcome.reason }, 'samples were refused and are dropped');
          break;
        case 'retry':
          if (failures === 0) logger.warn({ reason: outcome.reason, url: options.ingestUrl }, 'samples cannot be sent and wait');
          failures++;
          notBefore = Date.now() + outcome.afterMs;
          break;
      }
    }
    if (outbox.dropped > reportedDrops) {
      // Once a hundred: the gateway may be away for days.
      if (reportedDrops === 0 || outbox.dropped >= reportedDrops + 100) {
        reportedDrops = outbox.dropped;
        logger.warn({ dropped: outbox.dropped }, 'the oldest samples were dropped unsent');
      }
    }
  }

  async function repeat(work: () => Promise<void>): Promise<void> {
    let pause = everyMs;
    while (!stopping.signal.aborted) {
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      const start = performance.now();
      await work();
      pause = Math.max(0, everyMs - (performance.now() - start));
    }
  }

  // Two loops: a gateway that is slow to answer must not leave gaps in the samples.
  const loops = Promise.all([repeat(sampleOnce), repeat(deliver)]);

  return {
    get waiting() {
      return outbox.size;
    },
    get dropped() {
      return outbox.dropped;
    },
    async stop() {
      stopping.abort();
      const deadline = setTimeout(() => farewell.abort(), FAREWELL_MS);
      await loops;
      notBefore = 0;
      await deliver();
      clearTimeout(deadline);
    },
  };
}

async function post(options: ProbeOptions, batch: readonly HostSample[], signal: AbortSignal): Promise<Attempt> {
  try {
    const answer = await fetch(`${options.ingestUrl}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
      },
      body: batch.map((sample) => JSON.stringify(sample)).join('\n'),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const text = await answer.text();
    if (answer.status === 207) options.logger.warn({ answer: text.slice(0, 500) }, 'some samples were refused');
    return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
  } catch (error) {
    return { error: describe(error) };
  }
}

/** fetch hides why it failed behind "fetch failed". */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
