import type { IngestAnswer, Metrics } from '@fleetbeat/contracts/api.ts';
import { agentMessage } from '@fleetbeat/contracts/testing.ts';
import { expect } from 'vitest';
import type { RunningSystem } from './start-system.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const OFFLINE_MS = 20 * HOUR;
const EVENT_EVERY_MS = 15 * SECOND;
const STEPS = { '10s': 10 * SECOND, '1m': MINUTE, '5m': 5 * MINUTE, '1h': HOUR } as const;
/** Windows that ended shortly before the flush may or may not count as late: a cut tells it by when it began. */
const UNCERTAIN_MS = 2 * MINUTE;
const WITHIN_MS = MINUTE;

interface Window {
  readonly t: number;
  readonly responses: number;
  readonly tokens: number;
}

/**
 * An agent that was offline sends what it has buffered in 20 hours, in one request: within a minute of the answer each window
 * of each step is exact, and those that were over before are told as late, with as many events as came late.
 */
export async function expectExactFlush(system: RunningSystem): Promise<void> {
  const agent = `offline-for-20-hours-${Date.now()}`;
  const sentAt = Date.now();
  const first = sentAt - OFFLINE_MS;
  const events = Array.from({ length: OFFLINE_MS / EVENT_EVERY_MS }, (_, n) =>
    agentMessage({ agent_id: agent, id: `${agent}-${n}`, ts: first + n * EVENT_EVERY_MS, input_tokens: n + 1, output_tokens: 0 }),
  );
  const answer = await fetch(`${system.ingest}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${system.key}` },
    body: JSON.stringify(events),
  });
  expect(((await answer.json()) as IngestAnswer).accepted).toBe(events.length);

  const deadline = Date.now() + WITHIN_MS;
  const metrics = (step: string): Promise<Metrics> =>
    system.get<Metrics>(`/agents/${agent}/metrics?from=${first}&to=${sentAt}&step=${step}&late=true`);
  // The registry knows the agent with its first stored cut.
  await expect
    .poll(
      () =>
        system.get(`/agents/${agent}`).then(
          () => true,
          () => false,
        ),
      { timeout: WITHIN_MS },
    )
    .toBe(true);
  for (const [step, stepMs] of Object.entries(STEPS)) {
    const expected = windowsOf(events, stepMs);
    await expect
      .poll(
        async () => {
          const { series } = await metrics(step);
          return series.map(({ t, total_responses, input_tokens }) => ({ t, responses: total_responses, tokens: input_tokens }));
        },
        { timeout: Math.max(1, deadline - Date.now()), interval: 1_000, message: `windows of ${step}` },
      )
      .toEqual(expected);
    // Late ones are known by stored cuts, the windows above by open ones as well.
    const wasOver = ({ t }: { t: number }): boolean => t + stepMs < sentAt - UNCERTAIN_MS;
    const late = expected.filter(wasOver).map(({ t, responses }) => ({ t, events: responses }));
    await expect
      .poll(async () => (await metrics(step)).late_windows?.filter(wasOver), {
        timeout: Math.max(1, deadline - Date.now()),
        interval: 1_000,
        message: `late windows of ${step}`,
      })
      .toEqual(late);
  }
}

function windowsOf(events: readonly { ts?: number | undefined; input_tokens?: number | undefined }[], stepMs: number): Window[] {
  const windows = new Map<number, Window>();
  for (const { ts = 0, input_tokens: tokens = 0 } of events) {
    const t = Math.floor(ts / stepMs) * stepMs;
    const window = windows.get(t) ?? { t, responses: 0, tokens: 0 };
    windows.set(t, { t, responses: window.responses + 1, tokens: window.tokens + tokens });
  }
  return [...windows.values()];
}
