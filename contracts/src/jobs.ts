/** Every queue and what its jobs carry. */
export interface JobPayloads {
  /** Drops what has outlived its retention, one class of data a job. */
  retention: { task: RetentionTask };
  /** Looks for rows whose time has come, one kind of row a job. */
  timers: { timer: Timer };
}
export type QueueName = keyof JobPayloads;

/** In the order in which they run where all are due. */
export const RETENTION_TASKS = [
  'raw-events',
  'cut-hashes',
  'dead-letters',
  'watches',
  'sign-in',
  'time-series',
  'event-log',
] as const;
export type RetentionTask = (typeof RETENTION_TASKS)[number];

export const TIMERS = ['archive-agents'] as const;
export type Timer = (typeof TIMERS)[number];

export const QUEUES = ['retention', 'timers'] as const satisfies readonly QueueName[];
