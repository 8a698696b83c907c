import { createRandom, createWeighted, zipfWeights, type Random } from './random.ts';

/** A language model an agent uses; prices in US dollars per million tokens, for illustration only. */
export interface Model {
  readonly name: string;
  readonly inputPrice: number;
  readonly outputPrice: number;
  /** Milliseconds to the first token, and for each token, in the median. */
  readonly firstTokenMs: number;
  readonly perTokenMs: number;
}

export const MODELS: readonly Model[] = [
  { name: 'claude-sonnet-4-5', inputPrice: 3, outputPrice: 15, firstTokenMs: 650, perTokenMs: 15 },
  { name: 'claude-haiku-4-5', inputPrice: 1, outputPrice: 5, firstTokenMs: 320, perTokenMs: 7 },
  { name: 'gpt-5-mini', inputPrice: 0.25, outputPrice: 2, firstTokenMs: 420, perTokenMs: 9 },
  { name: 'gemini-2.5-flash', inputPrice: 0.3, outputPrice: 2.5, firstTokenMs: 280, perTokenMs: 5 },
  { name: 'llama-3.3-70b', inputPrice: 0.59, outputPrice: 0.79, firstTokenMs: 240, perTokenMs: 4 },
];
const MODEL_WEIGHTS = [4, 3, 2, 2, 1];

/** What an agent does for a living: where its tasks, tools and sentences come from. */
export interface Role {
  readonly name: string;
  readonly project: string;
  readonly team: string;
  readonly workflow: string;
  readonly capabilities: readonly string[];
  readonly tools: readonly string[];
}

const ROLES: readonly Role[] = [
  {
    name: 'reviewer',
    project: 'checkout',
    team: 'payments',
    workflow: 'code-review',
    capabilities: ['code-review', 'static-analysis'],
    tools: ['read_file', 'run_linter', 'post_comment'],
  },
  {
    name: 'coder',
    project: 'storefront',
    team: 'web',
    workflow: 'feature-work',
    capabilities: ['code-generation', 'refactoring', 'tests'],
    tools: ['read_file', 'edit_file', 'run_tests'],
  },
  {
    name: 'triage',
    project: 'support-desk',
    team: 'support',
    workflow: 'ticket-triage',
    capabilities: ['classification', 'summarisation'],
    tools: ['search_tickets', 'assign_ticket'],
  },
  {
    name: 'analyst',
    project: 'reporting',
    team: 'data',
    workflow: 'weekly-report',
    capabilities: ['sql', 'charts'],
    tools: ['run_query', 'draw_chart'],
  },
  {
    name: 'researcher',
    project: 'knowledge-base',
    team: 'platform',
    workflow: 'research',
    capabilities: ['web-search', 'retrieval'],
    tools: ['web_search', 'fetch_page', 'vector_search'],
  },
  {
    name: 'oncall',
    project: 'infrastructure',
    team: 'platform',
    workflow: 'incident-response',
    capabilities: ['log-analysis', 'runbooks'],
    tools: ['query_logs', 'restart_service', 'page_human'],
  },
];

/** How an agent's clock and connection behave. */
export type Behaviour = 'regular' | 'skewed' | 'late';

export interface SimulatedAgent {
  readonly id: string;
  readonly name: string;
  readonly hostId: string;
  readonly model: Model;
  readonly role: Role;
  readonly labels: Readonly<Record<string, string>>;
  readonly behaviour: Behaviour;
  /** Share of its replies that fail. */
  readonly errorRate: number;
}

export interface SimulatedHost {
  readonly id: string;
  readonly hostname: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** How far into the time between two of its starts, in seconds. */
  readonly bootedAt: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Fleet {
  readonly agents: readonly SimulatedAgent[];
  readonly hosts: readonly SimulatedHost[];
  readonly models: readonly Model[];
  drawAgent(random: Random): SimulatedAgent;
  drawUser(random: Random): string;
}

export interface FleetShape {
  readonly seed: number;
  /** What the ids of its agents and hosts carry. */
  readonly name: string;
  readonly agents: number;
  readonly hosts: number;
  readonly users: number;
  readonly clockSkew: boolean;
  readonly late: boolean;
}

/** How the ids of a fleet's agents begin. */
export function agentIdOf(fleet: string): string {
  return `agent-${fleet}-`;
}

/** Who is in the simulated fleet; some agents and users are far busier than others. */
export function createFleet({ seed, name, agents: agentCount, hosts: hostCount, users, clockSkew, late }: FleetShape): Fleet {
  const random = createRandom(seed, 'fleet');
  const drawModel = createWeighted(MODEL_WEIGHTS);
  const hosts = Array.from({ length: hostCount }, (_, index): SimulatedHost => {
    const region = random.pick(['eu-west', 'us-east', 'ap-south']);
    return {
      id: `host-${name}-${pad(index + 1, 3)}`,
      hostname: `${region}-${pad(index + 1, 3)}.fleet.example`,
      cores: random.pick([4, 8, 16, 32]),
      memoryBytes: random.pick([16, 32, 64, 128]) * 2 ** 30,
      diskBytes: random.pick([200, 500, 1_000]) * 1e9,
      bootedAt: 86_400 * random.int(60) + random.int(86_400),
      labels: { region, environment: index % 5 === 4 ? 'staging' : 'production' },
    };
  });
  const behaviourOf = (index: number): Behaviour => {
    if (clockSkew && index % 10 === 3) return 'skewed';
    if (late && index % 10 === 7) return 'late';
    return 'regular';
  };
  const agents = Array.from({ length: agentCount }, (_, index): SimulatedAgent => {
    const role = random.pick(ROLES);
    const host = hosts[index % hosts.length];
    return {
      id: `${agentIdOf(name)}${pad(index + 1, 4)}`,
      name: `${role.name} ${index + 1}`,
      hostId: host?.id ?? '',
      model: MODELS[drawModel(random)] ?? random.pick(MODELS),
      role,
      labels: {
        environment: random.chance(0.8) ? 'production' : 'staging',
        project: role.project,
        team: role.team,
        version: random.pick(['1.8.2', '1.9.0', '1.9.1']),
      },
      behaviour: behaviourOf(index),
      errorRate: random.chance(0.1) ? 0.12 : 0.015,
    };
  });
  const drawAgentIndex = createWeighted(zipfWeights(agentCount, 0.6));
  const drawUserIndex = createWeighted(zipfWeights(users, 0.8));
  return {
    agents,
    hosts,
    models: MODELS,
    drawAgent: (draws) => agents[drawAgentIndex(draws)] ?? draws.pick(agents),
    drawUser: (draws) => `user-${pad(drawUserIndex(draws) + 1, 5)}`,
  };
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
