import { NO_REDACTION, redactionSchema, type StoredRedaction } from '@fleetbeat/contracts/redaction.ts';

interface Row {
  settings: unknown;
  revision: number;
  updated_at: number;
  updated_by: string;
}

/** A row or none of the query below, as settings. Throws where the row is not of the schema. */
export function storedRedaction(row: Row | undefined): StoredRedaction {
  if (row === undefined) return { ...NO_REDACTION, revision: 0, updated_at: null, updated_by: null };
  const { settings, ...rest } = row;
  return { ...redactionSchema.parse(settings), ...rest };
}

export const REDACTION_ROW = 'select settings, revision, updated_at, updated_by from redaction_settings';
