import type { AgentMessage } from '@fleetbeat/contracts/events.ts';
import type { Arrival } from './arrivals.ts';
import type { Bundle } from './event-queue.ts';
import type { Model, SimulatedAgent } from './fleet.ts';
import { createRandom, type Random } from './random.ts';
import type { Draft, Setting } from './draft.ts';

const TOOL_CALLS = [0, 0, 1, 1, 2];
const FEEDBACK_SHARE = 0.08;
/** How many events one reply brings on average: question, tool calls, reply, errors, feedback. */
export const EVENTS_PER_REPLY = 1 + 0.8 + 1 + 0.026 + FEEDBACK_SHARE;

const QUESTIONS = [
  'Can you look at the failing build?',
  'Summarise the open tickets, please.',
  'Why did latency go up at noon?',
  'Please review this change.',
  'Draft the weekly report.',
  'Which customers are affected?',
];
const ANSWERS = [
  'Done; the change is small and covered by tests.',
  'Three tickets share one cause: an expired certificate.',
  'The cache was cold after the deploy; it has recovered.',
  'I left four comments, one of them blocking.',
  'The report is ready; revenue is up two percent.',
  'I could not find a cause and handed it to a person.',
];
const FAULTS = [
  { code: 'rate_limited', message: 'the model answered 429 twice', retryable: true },
  { code: 'tool_timeout', message: 'the tool did not answer within 30 s', retryable: true },
  { code: 'context_overflow', message: 'the prompt is longer than the context window', retryable: false },
  { code: 'invalid_tool_arguments', message: 'arguments do not match the schema of the tool', retryable: false },
];

/** A trace's rows alone: one `agent_response` each, with seeded users and response times. */
export function* traceReplies(setting: Setting, arrivals: Iterable<Arrival>): Generator<Bundle<Draft>> {
  const random = createRandom(setting.seed, 'replies');
  for (const arrival of arrivals) {
    const agent = setting.fleet.drawAgent(random);
    const body: AgentMessage = {
      agent_id: agent.id,
      message_type: 'agent_response',
      response_time_ms: responseTime(random, agent.model, arrival),
      input_tokens: arrival.inputTokens,
      output_tokens: arrival.outputTokens,
      model_used: agent.model.name,
      user_id: setting.fleet.drawUser(random),
      cost_usd: costOf(agent.model, arrival.inputTokens, arrival.outputTokens),
    };
    yield { from: arrival.offset, events: [place(setting, agent, arrival.offset, body)] };
  }
}

interface Session {
  readonly id: string;
  readonly user: string;
  turnsLeft: number;
}

/**
 * What happens around each reply: the user's message, tool calls and now and then an error before it,
 * feedback after it, in sessions of several turns. `leadMs` bounds how long before and after the reply.
 * With `cached`, replies also have cached and reasoning tokens.
 */
export function* conversations(
  setting: Setting,
  arrivals: Iterable<Arrival>,
  { leadMs, cached }: { leadMs: number; cached: boolean },
): Generator<Bundle<Draft>> {
  const { fleet, plan } = setting;
  const random = createRandom(setting.seed, 'conversations');
  const sessions = new Map<string, Session>();
  let opened = 0;
  for (const arrival of arrivals) {
    const agent = fleet.drawAgent(random);
    let session = sessions.get(agent.id);
    if (session === undefined || session.turnsLeft === 0) {
      opened += 1;
      session = { id: `session-${plan.run}-${opened}`, user: fleet.drawUser(random), turnsLeft: 1 + random.int(8) };
      sessions.set(agent.id, session);
    }
    session.turnsLeft -= 1;
    const events = turn(random, agent, session, arrival, leadMs, cached).map(({ offset, body }) =>
      place(setting, agent, offset, body),
    );
    yield { from: arrival.offset - leadMs, events };
  }
}

function turn(random: Random, agent: SimulatedAgent, session: Session, arrival: Arrival, leadMs: number, cached: boolean) {
  const events: { offset: number; body: AgentMessage }[] = [];
  const took = responseTime(random, agent.model, arrival);
  const lead = Math.min(took, leadMs);
  const common = { agent_id: agent.id, user_id: session.user, session_id: session.id };
  events.push({
    offset: arrival.offset - lead,
    body: { ...common, message_type: 'user_message', content: random.pick(QUESTIONS) },
  });
  const tools = random.pick(TOOL_CALLS);
  for (let call = 1; call <= tools; call += 1) {
    const body: AgentMessage = {
      ...common,
      message_type: 'tool_call',
      content: random.pick(agent.role.tools),
      response_time_ms: lognormal(random, 180, 0.8),
      workflow_id: agent.role.workflow,
      metadata: { call, cached: random.chance(0.2) },
    };
    // Some tools bill tokens without saying of which class.
    if (random.chance(0.25)) body.token_count = 20 + random.int(400);
    events.push({ offset: arrival.offset - lead * (1 - call / (tools + 1)), body });
  }
  if (random.chance(agent.errorRate)) {
    const fault = random.pick(FAULTS);
    const body: AgentMessage = {
      ...common,
      message_type: 'error',
      content: fault.message,
      error_details: fault,
      model_used: agent.model.name,
    };
    if (fault.retryable) body.response_time_ms = lognormal(random, 4_000, 0.5);
    events.push({ offset: arrival.offset - lead * 0.1, body });
  }
  const reply: AgentMessage = {
    ...common,
    message_type: 'agent_response',
    content: random.pick(ANSWERS),
    response_time_ms: took,
    input_tokens: arrival.inputTokens,
    output_tokens: arrival.outputTokens,
    model_used: agent.model.name,
    workflow_id: agent.role.workflow,
    host_id: agent.hostId,
    cost_usd: costOf(agent.model, arrival.inputTokens, arrival.outputTokens),
  };
  if (cached && random.chance(0.3)) {
    reply.cache_read_tokens = Math.round(arrival.inputTokens * (0.5 + 3 * random.next()));
    if (random.chance(0.3)) reply.cache_write_tokens = random.int(2_000);
    if (random.chance(0.4)) reply.reasoning_tokens = random.int(1_500);
    // The total beside its classes must not be counted a second time.
    if (random.chance(0.5)) reply.token_count = arrival.inputTokens + arrival.outputTokens;
  }
  events.push({ offset: arrival.offset, body: reply });
  if (random.chance(FEEDBACK_SHARE)) {
    events.push({
      offset: arrival.offset + leadMs * random.next(),
      body: {
        ...common,
        message_type: 'feedback',
        user_feedback: random.chance(0.8) ? 4 + random.int(2) : 1 + random.int(3) + 0.5 * random.int(2),
      },
    });
  }
  return events;
}

function place({ plan }: Setting, agent: SimulatedAgent, offset: number, body: AgentMessage): Draft {
  return {
    at: plan.sentAt(offset, agent.behaviour),
    offset,
    behaviour: agent.behaviour,
    topic: 'agent-events',
    key: agent.id,
    body,
  };
}

/** Milliseconds with three decimals: lognormal around what the model needs for that many tokens. */
function responseTime(random: Random, model: Model, { inputTokens, outputTokens }: Arrival): number {
  const median = model.firstTokenMs + model.perTokenMs * outputTokens + 0.04 * inputTokens;
  return Math.min(600_000, lognormal(random, median, 0.35));
}

function lognormal(random: Random, median: number, sigma: number): number {
  return Math.round(median * Math.exp(sigma * random.normal()) * 1_000) / 1_000;
}

function costOf(model: Model, inputTokens: number, outputTokens: number): number {
  return (inputTokens * model.inputPrice + outputTokens * model.outputPrice) / 1e6;
}
