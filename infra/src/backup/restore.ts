import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { ABOUT, type About } from './back-up.ts';

/**
 * Makes `dataDir` what it was when `file` was written by `backUp`; Postgres brings itself in order at the next start.
 * Rejects, leaving no folder, where the file is no whole backup; and where `dataDir` is there already with something in it.
 */
export async function restore(file: string, dataDir: string): Promise<About> {
  const existing = await readdir(dataDir).catch(() => []);
  if (existing.length > 0) throw new Error(`${dataDir} is not empty: name a new folder in FLEETBEAT_DATA, or move it away`);
  const draft = `${resolve(dataDir)}.restoring`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    const about = await unpack(file, draft);
    await rm(dataDir, { recursive: true, force: true });
    await rename(draft, dataDir);
    return about;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(`${file} cannot be restored: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function unpack(file: string, folder: string): Promise<About> {
  const archive = extract();
  const read = pipeline(createReadStream(file), createZstdDecompress(), archive);
  // Handled below; until then a broken file must not end the process.
  read.catch(() => undefined);
  let about: About | undefined;
  for await (const entry of archive) {
    if (about === undefined) about = parseAbout(entry.header, await text(entry));
    else if (entry.header.type === 'directory') {
      await mkdir(placeOf(entry.header, folder), { recursive: true, mode: 0o700 });
      entry.resume();
    } else {
      const place = placeOf(entry.header, folder);
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      await pipeline(entry, createWriteStream(place, { mode: 0o600, flags: 'wx' }));
    }
  }
  await read;
  if (about === undefined) throw new Error('it is empty');
  return about;
}

function parseAbout({ name }: Header, content: string): About {
  const about = name === ABOUT ? (JSON.parse(content) as About) : undefined;
  if (about?.format !== 1) throw new Error('it is no backup of Fleetbeat, or of a later version');
  return about;
}

/** Never outside of the folder, whatever the archive says. */
function placeOf({ name, type }: Header, folder: string): string {
  const place = resolve(folder, name);
  if (!place.startsWith(folder + sep) || (type !== 'file' && type !== 'directory'))
    throw new Error(`it has a strange entry, ${name}`);
  return place;
}
