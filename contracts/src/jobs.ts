/** What a job carries that a request has caused; the lines that are logged while it runs name the request. */
export interface Caused {
  readonly request_id?: string | null | undefined;
}

/** Every queue and what its jobs carry. */
export interface JobPayloads {
  /** Drops what has outlived its retention, one class of data a job. */
  retention: { task: RetentionTask };
  /** Sends a delivery, if no more attempts than these have been begun. */
  deliveries: { delivery: number; attempts: number } & Caused;
  /** Looks for rows whose time has come, one kind of row a job. */
  timers: { timer: Timer };
  /** Mails a report that is due, if no more attempts than these have been begun. */
  reports: { run: number; attempts: number } & Caused;
  /** Looks for a recompute that is to be run. */
  recomputes: Record<string, never>;
  /** Looks for an erasure that is to be done. */
  erasures: Record<string, never>;
}
export type QueueName = keyof JobPayloads;

/** In the order in which they run where all are due. */
export const RETENTION_TASKS = [
  'raw-events',
  'cut-hashes',
  'cuts',
  'dead-letters',
  'watches',
  'sign-in',
  'time-series',
  'event-log',
  'alerts',
  'deliveries',
  'suggestions',
  'replaced-rows',
] as const;
export type RetentionTask = (typeof RETENTION_TASKS)[number];

export const TIMERS = ['archive-agents', 'archive-hosts', 'leases', 'overdue-tasks', 'suggestions'] as const;
export type Timer = (typeof TIMERS)[number];

export const QUEUES = [
  'retention',
  'deliveries',
  'timers',
  'reports',
  'recomputes',
  'erasures',
] as const satisfies readonly QueueName[];
