import type { Body } from '@fleetbeat/contracts/client/client.ts';

/** The correction that a dead letter takes. The server says what is wrong within it. */
type Corrected = NonNullable<Body<'post /dead-letters/{dead_letter_id}/replay'>['event']>;

/** What came, laid out to be corrected; as it is where it is no JSON. Pure. */
export function asJson(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}

/** The event that was typed, or what keeps it from being one. Pure. */
export function eventOf(text: string): { readonly event: Corrected } | { readonly mistake: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { mistake: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? { event: value as Corrected } : { mistake: 'An event is a JSON object: {"agent_id": …}' };
}
