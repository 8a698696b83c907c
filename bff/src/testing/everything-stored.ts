import { zstdDecompressSync } from 'node:zlib';
import type { Database } from '@fleetbeat/infra/database/database.ts';

/** Everything that every table holds, but the log's own, where a plain client has put it: blocks unpacked, bytes as text. */
export async function everythingStored(database: Database): Promise<string> {
  const { rows: tables } = await database.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await database.query<Record<string, unknown>>(`select * from ${name}`);
    for (const row of rows) {
      for (const value of Object.values(row)) {
        if (Buffer.isBuffer(value)) texts.push(value.toString('latin1'));
      }
      if (Buffer.isBuffer(row['block']) && row['block'].length > 0) texts.push(zstdDecompressSync(row['block']).toString());
      texts.push(JSON.stringify(row));
    }
  }
  return texts.join('\n');
}
