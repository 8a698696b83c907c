import { expect, it } from 'vitest';
import { hostSampleSchema } from '@fleetbeat/contracts/events.ts';
import { makeHostId } from './host-id.ts';
import { createSampler, diskOf } from './sample-host.ts';

it('samples this host as the contract wants it', async () => {
  const sample = await createSampler('h1', process.cwd(), () => 'id-1', Date.now);
  const taken = await sample();
  expect(hostSampleSchema.parse(taken)).toEqual(taken);
  expect(taken).toMatchObject({ id: 'id-1', host_id: 'h1' });
  expect(taken.memory_usage).toBeGreaterThan(0);
  expect(taken.memory_usage).toBeLessThan(100);
  expect(taken.disk_usage).toBeGreaterThan(0);
  expect(taken.uptime).toBeGreaterThan(0);
});

it('watches the disk that holds the path', () => {
  const disk = (mount: string, size = 10) => ({ fs: '', type: '', size, used: 1, available: 9, use: 10, mount, rw: true });
  const disks = [disk('/'), disk('/var'), disk('/var/lib/fleet'), disk('/var/lib', 0)];
  expect(diskOf(disks, '/var/lib/fleetbeat')?.mount).toBe('/var');
  expect(diskOf(disks, '/var/lib/fleet/x')?.mount).toBe('/var/lib/fleet');
  expect(diskOf(disks, '/home')?.mount).toBe('/');
  expect(diskOf([disk('C:'), disk('D:')], 'D:\\data')?.mount).toBe('D:');
  expect(diskOf([disk('C:')], '/x')?.mount).toBe('C:');
  expect(diskOf([], '/x')).toBeUndefined();
});

it('makes readable host ids that do not tell the machine id', () => {
  const id = makeHostId('Büro pc', '3d1219c7c4c5404aaa1f6d2a48adfda4');
  expect(id).toMatch(/^B-ro-pc-[0-9a-f]{8}$/);
  expect(makeHostId('Büro pc', 'other')).not.toBe(id);
});
