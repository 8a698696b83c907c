/** Every queue and what its jobs carry. */
export interface JobPayloads {
  /** Drops what has outlived its retention, one class of data a job. */
  retention: { task: RetentionTask };
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

export const QUEUES = ['retention'] as const satisfies readonly QueueName[];
