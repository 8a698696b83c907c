import { describe, expect, it } from 'vitest';
import { addressOf } from './client.ts';

describe('the address of a route', () => {
  it('has its places filled, whatever an id is made of', () => {
    expect(addressOf('delete /tasks/{task_id}', { params: { task_id: 'a/b ?&' } })).toEqual({
      method: 'DELETE',
      url: '/api/v1/tasks/a%2Fb%20%3F%26',
    });
    expect(addressOf('get /pipeline', {}).url).toBe('/api/v1/pipeline');
  });

  it('asks for each of several, and leaves out what is not said', () => {
    const query = { status: ['pending', 'failed'], q: 'a&b', cursor: null, priority: undefined, agent_id: '', limit: 5 } as const;
    expect(addressOf('get /tasks', { query }).url).toBe('/api/v1/tasks?status=pending&status=failed&q=a%26b&limit=5');
  });

  it('is a mistake of the types where something is missing, or unknown', () => {
    // @ts-expect-error -- no task
    addressOf('get /tasks/{task_id}', {});
    // @ts-expect-error -- no such route
    expect(() => addressOf('get /task', {})).not.toThrow();
    // @ts-expect-error -- no such status
    addressOf('get /tasks', { query: { status: 'done' } });
    // @ts-expect-error -- no such filter
    addressOf('get /tasks', { query: { colour: 'red' } });
  });
});
