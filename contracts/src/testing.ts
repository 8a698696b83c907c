import type { AgentMessage, Heartbeat, HostSample, TaskEvent } from './events.ts';

/** Builders of valid events for tests: say what matters, the rest is filled in. */

let counter = 0;

/** An id that no other call in this process gives. */
export function uniqueId(prefix: string): string {
  return `${prefix}-${process.pid.toString(36)}-${Date.now().toString(36)}-${(counter++).toString(36)}`;
}

export function agentMessage(fields: Partial<AgentMessage> = {}): AgentMessage {
  return { id: uniqueId('event'), ts: Date.now(), agent_id: 'agent-1', message_type: 'agent_response', ...fields };
}

export function heartbeat(fields: Partial<Heartbeat> = {}): Heartbeat {
  return { id: uniqueId('event'), ts: Date.now(), agent_id: 'agent-1', message_type: 'heartbeat', status: 'online', ...fields };
}

export function hostSample(fields: Partial<HostSample> = {}): HostSample {
  return {
    id: uniqueId('event'),
    ts: Date.now(),
    host_id: 'host-1',
    cpu_usage: 12.5,
    memory_usage: 40,
    disk_usage: 60.25,
    uptime: 3_600,
    ...fields,
  };
}

export function taskEvent(fields: Partial<TaskEvent> = {}): TaskEvent {
  return { id: uniqueId('event'), ts: Date.now(), task_id: 'task-1', status: 'pending', ...fields };
}

/** Events as one record's value: a line of JSON each. */
export function ndjson(events: readonly object[]): Buffer {
  return Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
}
