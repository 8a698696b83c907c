import { setTimeout as sleep } from 'node:timers/promises';
import type { Body, Question } from '@fleetbeat/contracts/client/client.ts';
import { claimedSchema } from '@fleetbeat/contracts/task-leases.ts';
import type { Random } from '../random.ts';
import { requestOf, type Answer, type Call } from './calls.ts';
import { fateOf } from './plan.ts';
import type { ToldClaim, WorkLedger } from './work-ledger.ts';

/** What agents met with. */
export interface WorkCounts {
  claims: number;
  completed: number;
  failed: number;
  killed: number;
  /** Leases that had run out when their agent came back. */
  refused: number;
}

export interface Shop {
  readonly seed: number;
  readonly run: string;
  readonly leaseSeconds: number;
  readonly call: Call;
  readonly ledger: WorkLedger;
  readonly counts: WorkCounts;
  /** Tasks that no agent can do. */
  readonly isHopeless: (name: string) => boolean;
  /** Aborted once nothing is left to be done, or time is up. */
  readonly over: AbortSignal;
}

/** Tasks that an agent takes at a time. */
const AT_ONCE = 3;
/** How long it works on one at most, and waits where there was nothing for it, in milliseconds. */
const WORK_MS = 30;
const IDLE_MS = 1_000;
/** Share of claims whose agent is killed before it hears the answer, and of attempts that tell of progress. */
const KILLED_CLAIMING = 0.003;
const TELLS_PROGRESS = 0.1;

/** A killed agent holds whatever it held, and knows nothing of it any more. */
class Killed extends Error {
  override readonly name = 'Killed';
}

/** Claims, works and completes until all is over. Who is killed comes back later, with an empty memory. */
export async function runAgent(shop: Shop, agentId: string, random: Random): Promise<void> {
  const { over, leaseSeconds, counts } = shop;
  for (let turn = 0; !over.aborted; turn += 1) {
    try {
      const idle = !(await work(shop, agentId, `${shop.run}/${agentId}/${turn}`, random));
      if (idle) await sleep(IDLE_MS * (0.5 + random.next() / 2), undefined, { signal: over });
    } catch (error) {
      if (over.aborted) return;
      if (!(error instanceof Killed)) throw error;
      counts.killed += 1;
      await sleep(leaseSeconds * 500, undefined, { signal: over }).catch(() => undefined);
    }
  }
}

/** One claim and all that comes of it; false where there was nothing to do. Throws `Killed`. */
async function work(shop: Shop, agentId: string, key: string, random: Random): Promise<boolean> {
  const { call, ledger, counts, seed } = shop;
  const body = { limit: 1 + random.int(AT_ONCE), lease_seconds: shop.leaseSeconds };
  const claimedAt = Date.now();
  const claimed = requestOf('post /agents/{agent_id}/tasks/claim', { params: { agent_id: agentId }, body }, key);
  const answers = await call(claimed, random);
  const told = answers.map((answer) =>
    expects(answer, 200, ledger, agentId, 'claim') ? claimedSchema.parse(answer.body).items : [],
  );
  const [items = [], ...unheard] = told;
  for (const other of unheard) {
    const [expected, actual] = [items, other].map((each) => each.map(({ lease }) => lease.lease_token).join(' '));
    if (expected !== actual)
      ledger.differs({ scope: agentId, field: `answer to ${key}`, expected: expected ?? '', actual: actual ?? '' });
  }
  const claims = items.map(({ task, lease }): ToldClaim & { taskName: string } => ({
    taskId: task.task_id,
    taskName: task.name ?? '',
    agentId,
    attempt: lease.attempt,
    token: lease.lease_token,
  }));
  for (const claim of claims) ledger.claimed(claim);
  counts.claims += claims.length;
  if (random.chance(KILLED_CLAIMING)) throw new Killed();
  for (const claim of claims) {
    // As agents do: who has many in hand keeps those that are still to come.
    if (Date.now() - claimedAt > shop.leaseSeconds * 400) await tell(shop, claim, 'heartbeat', {}, random);
    await sleep(random.int(WORK_MS));
    if (random.chance(TELLS_PROGRESS)) await tell(shop, claim, 'heartbeat', { progress: 1 + random.int(99) }, random);
    if (shop.isHopeless(claim.taskName)) {
      await tell(shop, claim, 'fail', { error: 'nobody can do this', retry: false }, random);
      continue;
    }
    switch (fateOf(seed, claim.taskName, claim.attempt)) {
      case 'dies':
        throw new Killed();
      case 'fails':
        await tell(shop, claim, 'fail', { error: 'it did not work' }, random);
        break;
      case 'oversleeps':
        await sleep(shop.leaseSeconds * 1_000 + 500);
        await tell(shop, claim, 'complete', { result: { by: agentId, attempt: claim.attempt } }, random, 'too late');
        break;
      case 'completes':
        await tell(shop, claim, 'complete', { result: { by: agentId, attempt: claim.attempt } }, random);
    }
  }
  return claims.length > 0;
}

type What = 'heartbeat' | 'complete' | 'fail';
type Telling<W extends What> = `post /agents/{agent_id}/tasks/{task_id}/${W}`;

/** Tells the API of a claimed task. That its lease has run out meanwhile is an answer as good as another, unless it must have. */
async function tell<W extends What>(
  { call, ledger, counts }: Shop,
  claim: ToldClaim,
  what: W,
  fields: Omit<Body<Telling<W>>, 'lease_token'>,
  random: Random,
  when: 'in time' | 'too late' = 'in time',
): Promise<void> {
  const name: Telling<W> = `post /agents/{agent_id}/tasks/{task_id}/${what}`;
  const params = { agent_id: claim.agentId, task_id: claim.taskId };
  const told = { params, body: { lease_token: claim.token, ...fields } } as unknown as Question<Telling<W>>;
  const answers = await call(requestOf(name, told), random);
  const lost = answers.some(({ status }) => status === 409);
  if (lost) counts.refused += 1;
  if (when === 'too late' && !lost) {
    ledger.differs({ scope: claim.taskId, field: 'answer to who came too late', expected: 409, actual: answers[0].status });
  }
  if (lost && what !== 'heartbeat' && answers.some(({ status }) => status === 200)) {
    ledger.differs({ scope: claim.taskId, field: `answers to ${what}, told twice`, expected: 'the same', actual: '200 and 409' });
  }
  for (const answer of answers) {
    if (answer.status === 409 || !expects(answer, 200, ledger, claim.taskId, what)) continue;
    if (what === 'complete') ledger.completion(claim);
  }
  if (lost) return;
  if (what === 'complete') counts.completed += 1;
  if (what === 'fail') counts.failed += 1;
}

function expects({ status, body }: Answer, wanted: number, ledger: WorkLedger, scope: string, what: string): boolean {
  if (status === wanted) return true;
  ledger.differs({
    scope,
    field: `answer to ${what}`,
    expected: wanted,
    actual: `${status} ${JSON.stringify(body).slice(0, 120)}`,
  });
  return false;
}
