import Activity from '@lucide/svelte/icons/activity';
import BellRing from '@lucide/svelte/icons/bell-ring';
import Bot from '@lucide/svelte/icons/bot';
import ChartSpline from '@lucide/svelte/icons/chart-spline';
import Boxes from '@lucide/svelte/icons/boxes';
import Braces from '@lucide/svelte/icons/braces';
import Lightbulb from '@lucide/svelte/icons/lightbulb';
import LayoutDashboard from '@lucide/svelte/icons/layout-dashboard';
import PhoneCall from '@lucide/svelte/icons/phone-call';
import Scale from '@lucide/svelte/icons/scale';
import Settings from '@lucide/svelte/icons/settings';
import Server from '@lucide/svelte/icons/server';
import Siren from '@lucide/svelte/icons/siren';
import SquareKanban from '@lucide/svelte/icons/square-kanban';
import Waypoints from '@lucide/svelte/icons/waypoints';
import Workflow from '@lucide/svelte/icons/workflow';

/** A page that the rail, the palette and the keys lead to. */
export interface PageLink {
  readonly path: string;
  readonly label: string;
  readonly icon: typeof Activity;
  /** Leads there after `g`. */
  readonly key: string;
  /** What is asked for when this page is meant, beside its name. */
  readonly words: string;
  /** Stands in the bar at the bottom of a phone; the others are behind "More". */
  readonly first?: true;
}

/** Every page there is a way to, in the order of the rail. */
export const PAGES: readonly PageLink[] = [
  { path: '/', label: 'Overview', icon: Activity, key: 'o', words: 'home fleet health', first: true },
  { path: '/agents', label: 'Agents', icon: Bot, key: 'a', words: 'fleet', first: true },
  { path: '/tasks', label: 'Tasks', icon: SquareKanban, key: 't', words: 'board kanban work', first: true },
  { path: '/workflows', label: 'Workflows', icon: Workflow, key: 'w', words: 'runs progress graph gantt templates' },
  { path: '/suggestions', label: 'Suggestions', icon: Lightbulb, key: 's', words: 'inbox approve reject calibration' },
  { path: '/hosts', label: 'Hosts', icon: Server, key: 'h', words: 'servers machines cpu memory disk' },
  { path: '/models', label: 'Models', icon: Boxes, key: 'm', words: 'cost tokens latency errors usage llm' },
  { path: '/incidents', label: 'Incidents', icon: Siren, key: 'i', words: 'acknowledge silences maintenance', first: true },
  { path: '/alerts', label: 'Alerts', icon: BellRing, key: 'l', words: 'firing pending resolved acknowledge' },
  { path: '/rules', label: 'Rules', icon: Scale, key: 'r', words: 'alerting thresholds watch' },
  { path: '/on-call', label: 'On-call', icon: PhoneCall, key: 'c', words: 'schedules rotations escalations routes pager' },
  { path: '/dashboards', label: 'Dashboards', icon: LayoutDashboard, key: 'd', words: 'panels charts wall reports' },
  { path: '/explore', label: 'Explore', icon: ChartSpline, key: 'v', words: 'measures series compare heatmap latency metrics' },
  { path: '/pipeline', label: 'Pipeline', icon: Waypoints, key: 'p', words: 'ledger lag dead letters late sources' },
  {
    path: '/settings',
    label: 'Settings',
    icon: Settings,
    key: 'e',
    words: 'admin account channels deliveries users keys audit log',
  },
  { path: '/docs', label: 'API', icon: Braces, key: 'x', words: 'rest openapi routes documentation curl' },
];

/** Whether a page, or one below it, is shown at `pathname`. */
export function isHere(path: string, pathname: string): boolean {
  return path === '/' ? pathname === '/' : pathname === path || pathname.startsWith(`${path}/`);
}
