import type { Logger } from '@fleetbeat/infra/logger.ts';
import type { CutStore } from './engine/cut-store.ts';
import type { Cut } from './engine/cut.ts';

/** Requests named in one line, at most. */
const REQUESTS_TOLD = 10;

/** A cut store that says in the log, once a cut is stored, that events of it are dead letters, and with which requests they came. */
export function tellingOfDeadLetters(cuts: CutStore, logger: Logger): CutStore {
  return {
    ...cuts,
    store: async (cut) => {
      await cuts.store(cut);
      if (cut.deadCount > 0) logger.warn(factsOf(cut), 'events became dead letters');
    },
  };
}

/** Reasons quote what was sent, which is for those who may read dead letters. */
function factsOf({ topic, source, seq, deadLetters }: Cut): object {
  const requests = new Set<string>();
  for (const { requestId } of deadLetters) if (requestId !== undefined && requests.size < REQUESTS_TOLD) requests.add(requestId);
  const codes: Record<string, number> = {};
  for (const { code } of deadLetters) codes[code] = (codes[code] ?? 0) + 1;
  const [first] = deadLetters;
  return { topic, source, seq, codes, offset: first?.offset, request_ids: [...requests] };
}
