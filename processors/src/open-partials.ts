import type { OpenPartials } from '@fleetbeat/contracts/live.ts';
import type { SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { AgentReduction } from './agent-reduction.ts';
import { serialized } from './aggregates/partial-table.ts';
import type { SourceProcessor } from './engine/source-processor.ts';

/** Windows older than this are not shown live; they are read from the store once their cut is in it. */
const LIVE_FOR_MS = 15 * 60_000;

type OpenPartial = OpenPartials['partials'][number];

/**
 * What readers need to see of a source's agent events before they are stored: the partials that changed since
 * the last call, of the whole fleet, its models and message types and of the agents that somebody watches.
 * One message for each cut not stored yet; without changes it only says how far the source has been read.
 */
export function takeOpenPartials(source: SourceProcessor, watchedAgents: ReadonlySet<string>): OpenPartials[] {
  const oldest = source.clock - LIVE_FOR_MS;
  return source.openCuts.map((cut) => {
    const { reduction } = cut;
    const partials = reduction instanceof AgentReduction ? changedPartials(reduction, watchedAgents, oldest) : [];
    return { source: source.source, seq: cut.seq, offset: cut.endOffset, through: source.clock, partials };
  });
}

function changedPartials(reduction: AgentReduction, watchedAgents: ReadonlySet<string>, oldest: number): OpenPartial[] {
  const { rollup } = reduction;
  const partials: OpenPartial[] = [];
  for (const table of rollup.takeChanged(oldest)) {
    for (const key of table.keys()) {
      for (const [window, partial] of table.windowsOf(key)) partials.push(openPartial(table.set, key, window, partial));
    }
  }
  for (const agentId of watchedAgents) {
    for (const [window, partial] of rollup.takeChangedOfAgent(agentId, oldest)) {
      partials.push(openPartial('agent', agentId, window, partial));
    }
  }
  return partials;
}

function openPartial(set: SetName, key: string, window: number, partial: Partial): OpenPartial {
  const { values, sketch, distinct } = serialized(partial);
  return { set, key, window, values: Array.from(values), sketch: base64(sketch), distinct: base64(distinct) };
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
