import type { Page, WebSocketRoute } from 'playwright-core';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { postTo } from './post-to.ts';
import { signInByLink } from './sign-in.ts';
import type { RunningSystem } from './start-system.ts';
import { describeInBrowser, startWithBrowser, type SystemWithBrowser } from './start-with-browser.ts';

/**
 * What happens while a page reads, and while its socket is not there yet or is lost. Nothing is read a second time here: what
 * the page shows after its first reading, it was told.
 */

/** The sockets of a page, which reach the server only while they are let through. */
interface Sockets {
  letThrough(): void;
  /** Ends the one that is open, and lets no other through. */
  drop(): Promise<void>;
  /** Resolves with the next message of a type from the server. */
  heard(type: string): Promise<void>;
}

async function holdSockets(page: Page): Promise<Sockets> {
  let gate = Promise.withResolvers<void>();
  let open: WebSocketRoute | undefined;
  const waiting = new Map<string, () => void>();
  await page.routeWebSocket(/socket\.io/, async (socket) => {
    await gate.promise;
    open = socket;
    const server = socket.connectToServer();
    server.onMessage((message) => {
      socket.send(message);
      for (const [type, tell] of waiting) if (String(message).includes(`"${type}"`)) tell();
    });
  });
  return {
    letThrough: () => gate.resolve(),
    async drop() {
      gate = Promise.withResolvers<void>();
      await open?.close();
    },
    heard: (type) => new Promise((resolve) => waiting.set(type, resolve)),
  };
}

describeInBrowser('a page whose socket is late', () => {
  let there: SystemWithBrowser;
  let system: RunningSystem;
  let page: Page;
  let sockets: Sockets;
  /** Hears of everything at once. */
  let witness: Socket;

  beforeAll(async () => {
    there = await startWithBrowser();
    ({ system } = there);
    page = await there.newPage();
    await signInByLink(page, system);
    sockets = await holdSockets(page);
    witness = io(system.api, { transports: ['websocket'], auth: { key: system.key } });
    await witness.emitWithAck('subscribe', { channel: 'tasks' });
  });
  afterAll(async () => {
    witness?.disconnect();
    await there?.stop();
  });

  /** Makes a task, and waits until those who listen have heard of it. */
  async function make(name: string): Promise<Task> {
    const sent = new Promise((resolve) => witness.once('task_created', resolve));
    const task = await postTo<Task>(system, '/tasks', { name });
    await sent;
    return task;
  }
  const card = (name: string) => page.getByRole('listitem').filter({ hasText: name });

  it('shows what changed after its first reading and before its socket was there', async () => {
    await page.goto(`${system.api}/tasks`);
    await page.getByRole('heading', { name: 'No tasks yet' }).waitFor();
    await page.route('**/api/v1/tasks?*', (route) => route.abort());
    await make('Read too early');
    sockets.letThrough();
    await card('Read too early').waitFor();
  });

  it('shows what changed while its socket was lost', async () => {
    await page.getByText('Live', { exact: true }).waitFor();
    await sockets.drop();
    await page.getByText('Offline').first().waitFor();
    await make('Made meanwhile');
    sockets.letThrough();
    await card('Made meanwhile').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('does not let a reading that knows less undo what it has heard meanwhile', async () => {
    const { task_id: id, revision } = await make('Overtaken');
    await card('Overtaken').waitFor();
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    let first = true;
    await page.route(`**/api/v1/tasks/${id}`, async (route) => {
      if (!first) return route.abort();
      first = false;
      const response = await route.fetch();
      asked.resolve();
      await held.promise;
      return route.fulfill({ response });
    });
    await page.getByRole('link', { name: 'Overtaken', exact: true }).click();
    await asked.promise;
    const heard = sockets.heard('task_update');
    const changed = await page.request.patch(`${system.api}/api/v1/tasks/${id}`, {
      headers: { 'if-match': `"${revision}"`, origin: system.api },
      data: { status: 'in_progress' },
    });
    expect(changed.status()).toBe(200);
    await heard;
    const answered = page.waitForResponse(`**/api/v1/tasks/${id}`);
    held.resolve();
    await (await answered).finished();
    // Two frames: the answer has been put on the page.
    await page.evaluate('new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))');
    await page.getByRole('button', { name: 'Complete', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Start', exact: true }).count()).toBe(0);
    expect(there.complaints).toEqual([]);
  });
});
