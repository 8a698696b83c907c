/** What the figures of the benchmarks are and what they aim at: the tables of docs/performance.md. */

interface Figure {
  readonly meaning: string;
  readonly aim?: string;
}

/** `…` stands for the rest of a name. */
const FIGURES: Readonly<Record<string, Figure>> = {
  gateway_events_per_s: {
    meaning: "events a CPU-second of the gateway's process: batches of 100 over HTTP with a key, answered when durable in Kafka",
    aim: '300,000',
  },
  gateway_ratio: { meaning: 'the same, against a bare `node:http` server that parses the same bodies and forgets them' },
  processor_events_per_s: {
    meaning: "events a CPU-second of the processor's process from its start, raw events on: Kafka in, InfluxDB and Postgres out",
    aim: '450,000',
  },
  processor_ratio: {
    meaning: 'the same, against a process that reads the same topic with kafkajs and parses it',
    aim: '0.75',
  },
  processor_platformatic_ratio: {
    meaning: 'the same, against a process that reads it with `@platformatic/kafka` and parses it',
  },
  processor_peak_memory_mib: { meaning: 'the most memory that this process held', aim: 'bounded' },
  processor_raw_bytes_per_event: { meaning: 'what a raw event takes in Postgres, with its share of the indexes' },
  end_to_end_kafka_events_per_s: {
    meaning:
      'wall clock, from the first request until the ledger accounts for the last event, under 60 s of as much load as is acknowledged',
    aim: '120,000',
  },
  end_to_end_standalone_events_per_s: { meaning: 'the same on Postgres alone', aim: '80,000' },
  'screen_p99_ms_…': {
    meaning: 'from sending an event to its leaving the BFF as a live message, at half that load',
    aim: 'below 1,000',
  },
  store_influxdb_ratio: {
    meaning:
      'rows a second that the adapter writes, against prepared lines of the same rows sent to the same InfluxDB by plain HTTP',
  },
  store_postgres_ratio: {
    meaning: 'rows a second that the adapter writes, against a binary COPY of the same rows into a table like it',
  },
  'processor_cpu_us_per_event_…': {
    meaning:
      'CPU of a processor for one of a million events that come from so many agents, ten at a time; what its start costs taken off',
  },
  processor_cost_growth: { meaning: 'that of 100,000 agents against that of 100', aim: 'below 1.1' },
  processor_bytes_per_series: {
    meaning:
      'heap and buffers that a processor at rest keeps for an agent and tier: 100,000 agents against 100, all stored, garbage collected',
    aim: 'below 2,048',
  },
  processor_resident_bytes_per_series: { meaning: 'the same of its resident memory', aim: 'below 2,048' },
  sockets_delivery_p99_ms: {
    meaning:
      '5,000 Socket.IO clients, 20 updates a second offered to each: from offering the newest update that a message carries until a client has it',
    aim: 'below 250',
  },
  sockets_update_p99_ms: {
    meaning:
      'from offering any update until a client has it or a newer one: the wait for the next of four messages a second comes on top',
  },
  sockets_messages_per_client_s: { meaning: 'messages that a client gets of those 20', aim: 'at most 4' },
  sockets_bff_cpu_cores: { meaning: 'CPU of the BFF meanwhile, in cores' },
  sockets_kib_per_client: { meaning: 'memory of the BFF at most, against before the clients came, a client' },
  frames_p95_ms: {
    meaning:
      'frames of a page with 20 live charts of 3,600 points, one new point a second each at a moment of its own, in Chromium without a graphics card',
    aim: 'below 20, or a ratio below 1.5',
  },
  frames_ratio: { meaning: 'the same, against uPlot drawing the same charts', aim: 'below 1.5' },
  frames_busy: { meaning: "cores that the page's main thread takes" },
  frames_together_longest_p95_ms: { meaning: 'the longest frame of a second where the points of all charts come at once' },
  page_load_usable_ms: {
    meaning:
      'the Overview of a fleet in a browser that has never seen it, its processor slowed to a quarter: until figures and charts are there and the page answers; median',
    aim: 'below 1,000',
  },
  page_load_tbt_ms: { meaning: 'what tasks took beyond 50 ms each meanwhile', aim: 'below 200' },
  page_load_inp_ms: { meaning: 'from a click until what it changed is drawn', aim: 'below 200' },
  page_load_requests: { meaning: 'requests of that page' },
  page_load_script_kb: { meaning: 'scripts of that page, compressed', aim: 'below 250' },
  redaction_us_per_event: {
    meaning:
      'CPU that redaction with every detector takes of an event at the gateway, on top of reading it: 100 in a body, nothing to be found',
  },
  redaction_ratio: { meaning: 'reading and redacting these events, against reading them alone' },
  read_cache_day_ms: {
    meaning:
      'a day at 5 minutes with quantiles and users, of a key that four partitions cut every 10 s, where the hours are known; median',
  },
  read_cache_ratio: { meaning: 'the same, against reading it all from Postgres' },
  'recovery_s_…': {
    meaning:
      'from kill -9 of the only processor until an event of every partition sent after that is on a dashboard; median of three, at 2,000 events/s',
    aim: 'below 5, and the replay of a cut',
  },
};

/** Two Markdown tables: what each figure is, and what was measured. */
export function markdownTables(figures: Readonly<Record<string, number>>): string {
  const meanings = Object.entries(FIGURES).map(([name, { meaning }]) => [`\`${name}\``, meaning]);
  const measured = Object.entries(figures).map(([name, figure]) => [`\`${name}\``, readable(figure), aimOf(name)]);
  return `${table(['figure', 'what it is'], meanings)}\n\n${table(['figure', 'measured', 'aim'], measured)}`;
}

export function readable(figure: number): string {
  return figure < 100 ? figure.toFixed(2) : Math.round(figure).toLocaleString('en');
}

function aimOf(name: string): string {
  const found = Object.entries(FIGURES).find(([known]) =>
    known.endsWith('…') ? name.startsWith(known.slice(0, -1)) : known === name,
  );
  return found?.[1].aim ?? '';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
