import { Consumer } from '@platformatic/kafka';

/** As bare-consumer.ts, with @platformatic/kafka. Arguments: brokers, events to read. Prints `{events, cpu_seconds}`. */
const [brokers = '', wanted = '0'] = process.argv.slice(2);
const consumer = new Consumer({ groupId: `platformatic-${process.pid}`, clientId: 'bare', bootstrapBrokers: brokers.split(',') });
const stream = await consumer.consume({
  topics: ['agent-events'],
  mode: 'earliest',
  autocommit: false,
  maxBytesPerPartition: 8 * 2 ** 20,
  maxBytes: 64 * 2 ** 20,
  maxWaitTime: 100,
});
let events = 0;
let agents = 0;
for await (const { value } of stream) {
  // A tick has no bytes.
  if (value.length === 0) continue;
  for (const line of value.toString('latin1').split('\n')) {
    const event = JSON.parse(line) as { agent_id?: string };
    if (event.agent_id !== undefined) agents++;
    events++;
  }
  if (events >= Number(wanted)) break;
}
const { user, system } = process.cpuUsage();
if (agents !== events) throw new Error('an event without an agent');
process.stdout.write(JSON.stringify({ events, cpu_seconds: (user + system) / 1e6 }));
process.exit(0);
