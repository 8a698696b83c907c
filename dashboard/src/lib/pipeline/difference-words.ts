/** What a difference of the ledger means, in words; see docs/ledger.md. */
const MEANINGS: Readonly<Record<string, string>> = {
  expired: 'The log dropped records before they were read',
  offset_gap: 'A cut does not begin where the one before ends',
  cut_hours: 'The hours of a cut do not add up to the cut',
  hour_total: 'The windows of an hour hold another number than its cuts',
  raw_of_cut: 'Raw events kept of a cut are not as many as it counted',
  raw_of_agent: 'Raw events kept of an agent are not as many as were counted',
};

/** The kind as a sentence; a kind that is new here as it is. */
export function differenceMeaning(kind: string): string {
  return MEANINGS[kind] ?? kind.replaceAll('_', ' ');
}
