import { readFile } from 'node:fs/promises';

/**
 * Stops a process and its children (SIGSTOP), as those of Postgres go on serving connections without it. Answers the function
 * that wakes them. Linux only.
 */
export async function stopProcesses(pid: number): Promise<() => void> {
  // The parent first: from then on there are no more children.
  process.kill(pid, 'SIGSTOP');
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text
    .split(' ')
    .map(Number)
    .filter((child) => child > 0);
  signalAll(children, 'SIGSTOP');
  const wake = (): void => {
    process.off('exit', wake);
    signalAll([...children, pid], 'SIGCONT');
  };
  // A process that stays stopped could not be ended either.
  process.once('exit', wake);
  return wake;
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It has ended by itself meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
