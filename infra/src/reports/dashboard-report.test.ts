import { expect, it } from 'vitest';
import type { Dashboard, SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import type { QuerySeries } from '../series/query-series.ts';
import { readPdf } from '../testing/read-pdf.ts';
import { createMakeReport, type ReportQuestion, type ReportSources } from './dashboard-report.ts';
import { zoneAheadMs } from './draw-chart.ts';
import { pagesOf } from './report-pages.ts';

const MINUTE = 60_000;
const FROM = Date.UTC(2026, 9, 5, 8);
const TO = FROM + 60 * MINUTE;

type Panel = Dashboard['panels'][number];
function panel(id: string, fields: Partial<Extract<Panel, { kind: 'series' }>>): Panel {
  return {
    kind: 'series',
    id,
    title: id,
    x: 0,
    y: 0,
    w: 6,
    h: 4,
    set: 'fleet',
    keys: [],
    measures: ['total_messages'],
    display: 'line',
    ...fields,
  };
}

/** 10 of everything a minute, and a gap in the middle. */
const querySeries: QuerySeries = async ({ set, keys, measures }, { from, to, stepMs }): Promise<SeriesAnswer> => ({
  from,
  to,
  step_ms: stepMs,
  series: (set === 'fleet' ? ['all'] : keys).flatMap((key) =>
    measures.map((measure) => ({
      key,
      measure,
      total: 600,
      points: Array.from({ length: 60 }, (_, index) => ({ t: from + index * MINUTE, value: 10 })).filter(
        (_, index) => index < 20 || index > 40,
      ),
    })),
  ),
});

function question(panels: Panel[], fields: Partial<Dashboard> = {}): ReportQuestion {
  return {
    dashboard: { name: 'Night watch', description: 'What the fleet did.', variables: [], panels, ...fields },
    from: FROM,
    to: TO,
    range: { from: FROM, to: TO, stepMs: MINUTE },
    timeZone: 'Europe/Berlin',
    variables: {},
    labels: null,
    madeAt: TO,
  };
}

/** Each is heard for a while, then silent, and an alert about it fires; the registry lacks those that carry no label asked for. */
const readStatus: ReportSources['readStatus'] = async ({ keys, range: { from, to, stepMs }, labels }) => ({
  from,
  to,
  step_ms: stepMs,
  more_alerts: true,
  bands: (labels === null ? keys : keys.slice(1)).flatMap((key) => [
    {
      kind: 'status' as const,
      key,
      rule: null,
      spans: [
        { from, to: from + 20 * MINUTE, state: 'active' as const, severity: null },
        { from: from + 20 * MINUTE, to: from + 30 * MINUTE, state: 'online' as const, severity: null },
        { from: from + 30 * MINUTE, to, state: 'offline' as const, severity: null },
      ],
    },
    {
      kind: 'alert' as const,
      key,
      rule: 'Silent agent',
      spans: [{ from: from + 31 * MINUTE, to, state: 'firing' as const, severity: 'error' as const }],
    },
  ]),
});

const sourcesOf = (answer: QuerySeries): ReportSources => ({ querySeries: answer, readStatus });
const make = createMakeReport(sourcesOf(querySeries));
const statusPanel = (keys: string[], h = 4): Panel => ({
  kind: 'status',
  id: 'status',
  title: 'Who was there',
  x: 0,
  y: 0,
  w: 6,
  h,
  set: 'agent',
  keys,
});

it('says what the page says, in text that can be selected, and draws charts as paths', async () => {
  const panels = [
    panel('Traffic', { display: 'stack', measures: ['total_responses', 'total_user_messages'] }),
    panel('Answers', { x: 6, measures: ['response_time_p50', 'response_time_p95'] }),
    panel('Share', { y: 4, display: 'area', measures: ['error_rate'] }),
    panel('Cost', { y: 4, x: 6, display: 'figure', measures: ['total_cost_usd'] }),
    panel('By agent', {
      y: 8,
      display: 'table',
      set: 'agent',
      keys: ['agent-1', '$who'],
      measures: ['total_tokens_used', 'average_response_time'],
    }),
    panel('Hosts', { y: 8, x: 6, display: 'gauge', set: 'host', keys: ['host-1'], measures: ['cpu_usage'] }),
    panel('Most', { y: 12, display: 'bars', set: 'model', keys: ['model-1'], measures: ['total_tokens_used'] }),
    { kind: 'text', id: 'note', x: 6, y: 12, w: 6, h: 4, text: '# Who to call\nThe night shift, first.' },
  ] satisfies Panel[];
  const asked = {
    ...question(panels, { variables: [{ name: 'who', set: 'agent', value: 'agent-2' }] }),
    variables: { who: 'agent-9' },
  };
  const report = await readPdf(await make(asked));
  expect(report.title).toBe('Night watch');
  const text = report.pages.join(' ');
  for (const words of ['Night watch', 'What the fleet did.', '5 Oct 2026, 10:00', '5 Oct 2026, 11:00', 'Europe/Berlin'])
    expect(text).toContain(words);
  for (const words of [
    'Traffic',
    'per minute',
    'Responses 600',
    'p95 600 ms',
    '$600',
    'agent-1',
    'agent-9',
    'Mean response time',
    '600%',
    'model-1',
  ])
    expect(text.replaceAll(/\s+/g, ' ')).toContain(words);
  for (const words of ['Who to call', 'The night shift, first.']) expect(text).toContain(words);
  expect(text).not.toContain('agent-2');
  expect(report.pages).toHaveLength(2);
  expect(text).toContain('2 of 2');
  expect(report.paths).toBeGreaterThan(40);
  expect(report.images).toBe(0);
});

it('draws status over time as paths, in the words of the page', async () => {
  const { pages, paths, images } = await readPdf(await make(question([statusPanel(['agent-1', 'agent-2'], 6)])));
  const text = pages.join(' ').replaceAll(/\s+/g, ' ');
  const said = ['Who was there older changes of alerts are left out', 'Active Online Offline Error fires', 'agent-1'];
  for (const words of [...said, 'agent-2 Silent agent', '10:30']) expect(text).toContain(words);
  const alone = await readPdf(await make(question([statusPanel(['agent-1'])])));
  expect(alone.pages.join(' ')).toContain('Status');
  expect(alone.pages.join(' ')).not.toContain('agent-1');
  expect([paths > alone.paths, images]).toEqual([true, 0]);
});

it('draws every gauge that finds room in further rows, each with its whole name', async () => {
  const keys = ['host-of-the-east-001', 'host-of-the-east-002', 'host-of-the-east-003'];
  const gauges = panel('Hosts', { display: 'gauge', set: 'host', keys, measures: ['cpu_usage', 'memory_usage'] });
  const text = (await readPdf(await make(question([gauges])))).pages.join(' ').replaceAll(/\s+/g, '');
  for (const key of keys) for (const measure of ['CPU', 'Memory']) expect(text).toContain(`${key}·${measure}`);
});

it('leaves out bands that find no room, and says how many', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `agent-${index}`);
  const text = (await readPdf(await make(question([statusPanel(names)])))).pages.join(' ');
  const shown = names.filter((name) => text.includes(`${name} `)).length;
  expect(text).toMatch(/and 3\d more/);
  expect(shown).toBeLessThan(10);
  const silent = createMakeReport({
    querySeries,
    readStatus: async (asked) => ({ ...(await readStatus(asked)), bands: [], more_alerts: false }),
  });
  expect((await readPdf(await silent(question([statusPanel(names)])))).pages.join(' ')).toContain('Nothing is known');
});

it('is of a scope, which stands under the title', async () => {
  const asked: unknown[] = [];
  const scoped = createMakeReport({
    querySeries: async (of, range, labels) => {
      asked.push(labels);
      return querySeries(of, range);
    },
    readStatus,
  });
  const labels = { environment: 'production', project: '<b>שלום' };
  const panels = [panel('a', { y: 4 }), statusPanel(['agent-1', 'agent-2'])];
  const text = (await readPdf(await scoped({ ...question(panels), labels }))).pages.join(' ').replaceAll(/\s+/g, ' ');
  expect(asked).toEqual([labels]);
  expect(text).toContain('environment = production, project = <b>');
  expect(text).toContain('agent-2');
  expect(text).not.toContain('agent-1');
});

it('writes Chinese, Japanese and Korean in text that can be selected, at the size of the letters it needs', async () => {
  const names = ['夜间值班', '夜間監視ダッシュボード', '繁體中文（測試）', '야간 당직'];
  const panels = [
    ...names.map((title, index) => panel(`p${index}`, { title, x: (index % 2) * 6, y: Math.floor(index / 2) * 4 })),
    { kind: 'text', id: 'note', x: 0, y: 8, w: 3, h: 4, text: '今晚谁值班？如果没有人回答，请打电话给值班经理。' },
  ] satisfies Panel[];
  const plain = await make(question([panel('a', {})]));
  const bytes = await make(question(panels, { name: '夜間監視 · 야간' }));
  const { title, pages } = await readPdf(bytes);
  expect(title).toBe('夜間監視 · 야간');
  const text = pages.join(' ').replaceAll(/\s+/g, '');
  for (const words of [...names, '今晚谁值班？如果没有人回答，请打电话给值班经理。'])
    expect(text).toContain(words.replaceAll(' ', ''));
  expect(bytes.length - plain.length).toBeLessThan(100_000);
});

it('writes from right to left where people do', async () => {
  const panels = [panel('a', { title: 'שלום עולם' }), panel('b', { y: 4, title: 'Agent 7: مراقبة الليل' })];
  const text = (await readPdf(await make(question(panels)))).pages.join(' ').replaceAll(/\s+/g, ' ');
  // Word by word in the order of the paper; each word as it is read.
  for (const words of ['עולם שלום', 'Agent 7: الليل مراقبة']) expect(text).toContain(words);
});

it('writes names of other scripts, and cuts what is too long', async () => {
  const names = ['Ночная смена', 'Νυχτερινή', 'Đêm', 'שלום', 'გამარჯობა'];
  const panels = [
    panel('a', { title: names.join(' ') }),
    panel('b', { y: 4, title: 'long '.repeat(50).trim() }),
    panel('c', { x: 6, title: '<script>alert(1)</script>\u202e' }),
  ];
  const text = (await readPdf(await make(question(panels)))).pages.join(' ').replaceAll(/\s+/g, ' ');
  for (const name of names.filter((one) => one !== 'שלום')) expect(text).toContain(name);
  expect(text).toMatch(/ lon?g?… /);
  expect(text).toContain('<script>alert(1)</script>');
});

it('is made of a dashboard without panels, and of one without data', async () => {
  const empty = await readPdf(await make(question([])));
  expect(empty.pages).toEqual([expect.stringContaining('There is nothing on this dashboard.')]);
  const answerNothing: QuerySeries = async ({ measures }, range) => ({
    ...(await querySeries({ set: 'fleet', keys: [], measures: [] }, range)),
    series: measures.map((measure) => ({ key: 'all', measure, total: null, points: [] })),
  });
  const silent = createMakeReport(sourcesOf(answerNothing));
  const displays = ['line', 'area', 'stack', 'figure', 'bars', 'table'] as const;
  const panels = displays.map((display, index) => panel(display, { display, y: index * 4 }));
  expect((await readPdf(await silent(question(panels)))).pages.join(' ')).toContain('Nothing was measured in this range.');
});

it('is refused while others are made, and where it takes too long', async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const waiting: QuerySeries = async (...asked) => {
    await gate;
    return querySeries(...asked);
  };
  const slow = createMakeReport(sourcesOf(waiting));
  const two = [slow(question([panel('a', {})])), slow(question([panel('a', {})]))];
  await expect(slow(question([]))).rejects.toMatchObject({ status: 503, code: 'report-busy' });
  open();
  expect((await Promise.all(two)).map((pdf) => pdf.subarray(0, 5).toString())).toEqual(['%PDF-', '%PDF-']);

  let now = 0;
  const late = createMakeReport(sourcesOf(querySeries), () => (now += 20_000));
  await expect(late(question([panel('a', {}), panel('b', { y: 4 })]))).rejects.toMatchObject({ code: 'report-timeout' });
});

it('keeps panels whole, each on one sheet', () => {
  const panels = [
    panel('a', { h: 4 }),
    panel('b', { y: 4, h: 8 }),
    panel('c', { y: 4, x: 6, h: 3 }),
    panel('d', { y: 12, h: 20 }),
  ];
  expect(pagesOf(panels, 10).map((page) => page.map(({ id, y, h }) => [id, y, h]))).toEqual([
    [
      ['a', 0, 4],
      ['c', 4, 3],
    ],
    [['b', 0, 8]],
    [['d', 0, 10]],
  ]);
});

it('knows how far clocks are ahead', () => {
  expect(zoneAheadMs(FROM, 'Europe/Berlin')).toBe(2 * 60 * MINUTE);
  expect(zoneAheadMs(FROM, 'UTC')).toBe(0);
  expect(zoneAheadMs(FROM, 'America/St_Johns')).toBe(-150 * MINUTE);
});
