import { describe, expect, it } from 'vitest';
import { createLogger, hideSecretText } from './logger.ts';
import { readableLine } from './readable-log.ts';
import { inRequest } from './request-id.ts';

function logged(log: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  log(createLogger('test', 'info', { write: (line) => void (text += line) }));
  return text;
}

describe('a log line', () => {
  it('is JSON with level, name and message', () => {
    expect(JSON.parse(logged((logger) => logger.info({ agents: 3 }, 'hello')))).toMatchObject({
      level: 'info',
      name: 'test',
      agents: 3,
      msg: 'hello',
    });
  });

  it.each<[string, (logger: ReturnType<typeof createLogger>) => void]>([
    ['a header', (logger) => logger.info({ headers: { authorization: 'Bearer hunter2hunter2' } }, 'request')],
    ['a field', (logger) => logger.info({ password: 'hunter2', nested: { api_key: 'hunter2', token: 'hunter2' } }, 'x')],
    ['the password of a URL in a message', (logger) => logger.info('connects to postgresql://fleetbeat:hunter2@db:5432/x')],
    ['the password of a URL without a user', (logger) => logger.info({ url: 'redis://:hunter2@redis:6379' }, 'x')],
    ['an error', (logger) => logger.error({ err: new Error('cannot reach redis://a:hunter2@b') }, 'x')],
    ['a bearer token in text', (logger) => logger.info('sent Authorization: Bearer hunter2.hunter2')],
    ['a sign-in link', (logger) => logger.info('GET /sign-in?token=hunter2&next=/')],
    ['a key of ours', (logger) => logger.info('the key fbk_hunter2hunter2 is unknown')],
  ])('hides %s', (_, log) => {
    const line = logged(log);
    expect(line).not.toContain('hunter2');
    expect(line).toContain('***');
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('names the request on whose behalf it is written', () => {
    const within = logged((logger) => inRequest('mine-1', () => logger.child({ part: 'x' }).info({ agents: 3 }, 'hello')));
    expect(JSON.parse(within)).toMatchObject({ request_id: 'mine-1', agents: 3, part: 'x' });
    expect(JSON.parse(logged((logger) => logger.info('hello')))).not.toHaveProperty('request_id');
  });

  it('keeps the stack of an error', () => {
    const { err } = JSON.parse(logged((logger) => logger.error({ err: new TypeError('bad') }, 'x'))) as {
      err: { type: string; stack: string };
    };
    expect(err.type).toBe('TypeError');
    expect(err.stack).toContain('logger.test.ts');
  });

  it('leaves URLs without a password alone', () => {
    expect(hideSecretText('http://127.0.0.1:3000/agents/a@b')).toBe('http://127.0.0.1:3000/agents/a@b');
  });
});

describe('a log line at a terminal', () => {
  it('is short and readable', () => {
    const line = logged((logger) => logger.info({ url: 'http://127.0.0.1:4318' }, 'gateway listens'));
    expect(readableLine(line)).toMatch(/^\d\d:\d\d:\d\d info  test       gateway listens url=http:\/\/127.0.0.1:4318\n$/);
  });

  it('shows why something failed, and the stack only where it ended the process', () => {
    const error = new Error('no disk');
    expect(readableLine(logged((logger) => logger.error({ err: error }, 'failed')))).toMatch(/failed\S*\n {2}no disk\n$/);
    expect(readableLine(logged((logger) => logger.fatal({ err: error }, 'failed')))).toContain('logger.test.ts');
  });

  it('passes on what is no log line', () => {
    expect(readableLine('Segmentation fault\n')).toBe('Segmentation fault\n');
  });
});
