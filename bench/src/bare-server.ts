import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The ceiling of the gateway: the same server library doing nothing but to read a body and JSON.parse it. */
const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    const { user, system } = process.cpuUsage();
    response.end(`process_cpu_seconds_total ${(user + system) / 1e6}\n`);
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const events = JSON.parse(Buffer.concat(chunks).toString()) as unknown[];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"accepted":${events.length},"rejected":[],"ids":[]}`);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
