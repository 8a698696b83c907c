import 'uplot/dist/uPlot.min.css';
import './wall.css';
import uPlot from 'uplot';
import { CHARTS, HEIGHT, offerMeasurement, samplesBefore, startOfSecond } from './wall.ts';

/** The same wall of the same charts, drawn by uPlot as its own page of streamed data does it. */
const now = startOfSecond();
const wall = document.createElement('div');
wall.className = 'wall';
document.body.append(wall);

const charts = Array.from({ length: CHARTS }, (_, chart) => {
  const place = document.createElement('div');
  wall.append(place);
  const samples = samplesBefore(now, chart);
  const times = samples.map(({ t }) => t / 1_000);
  const values = samples.map(({ value }) => value);
  const plot = new uPlot(
    {
      title: `Chart ${chart + 1}`,
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      series: [{}, { label: 'Value', stroke: '#343ed2', width: 1.6, points: { show: false } }],
    },
    [times, values],
    place,
  );
  return { plot, times, values };
});

offerMeasurement(now, (chart, { t, value }) => {
  const one = charts[chart];
  if (!one) return;
  one.times.shift();
  one.times.push(t / 1_000);
  one.values.shift();
  one.values.push(value);
  one.plot.setData([one.times, one.values]);
});
