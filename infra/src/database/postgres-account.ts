import { execFileSync } from 'node:child_process';

/** A user of this machine. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const NAME = 'postgres';

/**
 * The user that Postgres runs as where we are root, which it refuses to be: `postgres`, made if the machine
 * has none. Undefined where we are not root and Postgres runs as ourselves.
 */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = findAccount();
  if (existing !== undefined) return existing;
  const made = makeAccount();
  if (made !== undefined) return made;
  throw new Error(
    `Postgres must not run as root, and the user "${NAME}" could not be made: make it (useradd --system ${NAME}), ` +
      'run as another user, or set DATABASE_URL',
  );
}

function findAccount(): Account | undefined {
  try {
    const id = (flag: string) => Number.parseInt(execFileSync('id', [flag, NAME], { encoding: 'utf8', stdio: 'pipe' }), 10);
    return { name: NAME, uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function makeAccount(): Account | undefined {
  const ways: readonly (readonly [string, readonly string[]])[] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME]],
    // BusyBox
    ['adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', NAME]],
  ];
  for (const [command, args] of ways) {
    try {
      execFileSync(command, args, { stdio: 'pipe' });
      return findAccount();
    } catch {
      // The next way may be the one that this machine knows.
    }
  }
  return undefined;
}
