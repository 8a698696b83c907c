import { Kafka, logLevel } from 'kafkajs';

/**
 * The ceiling of the processor: reads a topic with the same client and the same fetch sizes, parses every line and
 * does nothing with it. Arguments: brokers, events to read. Prints `{events, cpu_seconds}`.
 */
const [brokers = '', wanted = '0'] = process.argv.slice(2);
const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'bare', logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `bare-${process.pid}`, maxBytesPerPartition: 8 * 2 ** 20, maxWaitTimeInMs: 100 });
await consumer.connect();
await consumer.subscribe({ topics: ['agent-events'], fromBeginning: true });
let events = 0;
let agents = 0;
await new Promise<void>((resolve, reject) => {
  consumer
    .run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const { value } of batch.messages) {
          if (value === null || value.length === 0) continue;
          for (const line of value.toString('latin1').split('\n')) {
            const event = JSON.parse(line) as { agent_id?: string };
            if (event.agent_id !== undefined) agents++;
            events++;
          }
        }
        if (events >= Number(wanted)) resolve();
        return Promise.resolve();
      },
    })
    .catch(reject);
});
const { user, system } = process.cpuUsage();
if (agents !== events) throw new Error('an event without an agent');
process.stdout.write(JSON.stringify({ events, cpu_seconds: (user + system) / 1e6 }));
process.exit(0);
